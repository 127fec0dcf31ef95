-- name: set_digest
-- The newest loaded digest of a kind. $1 kind.
select sha256 from reference_set where kind = $1 order by loaded_at desc, version desc limit 1;

-- name: add_set
-- A text that was in force before is in force again; nothing of it is written anew.
insert into reference_set (kind, version, source, licence, sha256, valid_from, loaded_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (kind, sha256) do update set loaded_at = excluded.loaded_at;

-- name: set_count
select count(*) from reference_set where kind = $1;

-- name: upsert_division
insert into division (code, name, level, kind, lat, lon, tile_row, tile_col, counts_toward_coverage, valid_from)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (code) do update set name = excluded.name, level = excluded.level, kind = excluded.kind,
  lat = excluded.lat, lon = excluded.lon, tile_row = excluded.tile_row, tile_col = excluded.tile_col,
  counts_toward_coverage = excluded.counts_toward_coverage, valid_from = excluded.valid_from;

-- name: add_ancestor
insert into division_ancestor (code, ancestor) values ($1, $2) on conflict do nothing;

-- name: add_predecessor
insert into division_predecessor (predecessor, code) values ($1, $2) on conflict do nothing;

-- name: upsert_target
insert into plan_target (plan, unit, trained_persons, new_certificate_holders, new_high_skill_holders)
values ($1, $2, $3, $4, $5)
on conflict (plan, unit) do update set trained_persons = excluded.trained_persons,
  new_certificate_holders = excluded.new_certificate_holders,
  new_high_skill_holders = excluded.new_high_skill_holders;

-- name: upsert_code
insert into occupation_code (code, name, level, marks) values ($1, $2, $3, $4)
on conflict (code, name) do update set level = excluded.level, marks = excluded.marks;

-- name: add_alias
insert into occupation_alias (code, name, alias) values ($1, $2, $3) on conflict do nothing;

-- name: upsert_trade
insert into trade (name, name_en, code, kind, parent_code, grouping, aliases, competitions, code_status, source)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (name) do update set name_en = excluded.name_en, code = excluded.code, kind = excluded.kind,
  parent_code = excluded.parent_code, grouping = excluded.grouping, aliases = excluded.aliases,
  competitions = excluded.competitions, code_status = excluded.code_status, source = excluded.source;

-- name: add_rubric
-- A published rubric is never edited: the same version with another body is refused by the key.
insert into rubric (id, version, sha256, body, valid_from) values ($1, $2, $3, $4, $5)
on conflict (sha256) do nothing;

-- name: add_move
insert into lifecycle_move (version, machine, source, event, target) values ($1, $2, $3, $4, $5)
on conflict do nothing;

-- name: add_calendar_day
-- A day that staff set themselves stays as they set it.
insert into calendar_day (day, working, name, source, set_by, set_at) values ($1, $2, $3, $4, null, $5)
on conflict (day) do nothing;

-- name: calendar
select day, working from calendar_day order by day;

-- name: divisions
select code, name, level, tile_row, tile_col, counts_toward_coverage from division order by code;

-- name: division_parents
-- County-level units with the city above them; a unit without one stands directly below the province.
select d.code, d.name, coalesce(c.code, '') as city, coalesce(c.name, '') as city_name
from division d
left join division_ancestor a on a.code = d.code and a.ancestor <> d.code
  and exists (select from division x where x.code = a.ancestor and x.level = 'city')
left join division c on c.code = a.ancestor
where d.level = 'county' order by d.code;
