-- name: listed
-- Every published rubric with where and when it holds; $1 today. A nearer area goes before a wider one.
select r.id, r.version, r.level, r.area, d.name as area_name, r.valid_from, r.retired_on,
  r.valid_from <= $1 and (r.retired_on is null or r.retired_on >= $1) and not exists (
    select from rubric n where n.area is not distinct from r.area and n.valid_from <= $1
      and (n.retired_on is null or n.retired_on >= $1)
      and (n.valid_from, n.version) > (r.valid_from, r.version)) as in_force
from rubric r left join division d on d.code = r.area
order by array_position(array['national', 'province', 'city'], r.level), r.area, r.valid_from desc, r.version desc;

-- name: published
select r.id, r.version, r.level, r.area, d.name as area_name, r.valid_from, r.retired_on, r.body::text as body,
  r.changes::text as changes
from rubric r left join division d on d.code = r.area where r.id = $1 and r.version = $2;

-- name: above
-- What a rubric of area $2 and level $3 stands on from day $1: the nearest of a wider level.
select id, version from rubric
where valid_from <= $1 and (retired_on is null or retired_on >= $1)
  and (area is null or area in (select ancestor from division_ancestor where code = $2))
  and array_position(array['city', 'province', 'national'], level) > array_position(array['city', 'province', 'national'], $3::text)
order by array_position(array['city', 'province', 'national'], level), valid_from desc, version desc limit 1;

-- name: last_of_area
-- The latest rubric that an area published, to go on from.
select id, version from rubric where area = $1 order by valid_from desc, version desc limit 1;

-- name: areas
-- Where a local rubric can hold, below the areas $1: the province, its cities, and units without a city above them.
select d.code, d.name, case d.level when 'province' then 'province' else 'city' end as level
from division d
where d.code in (select x.code from division_ancestor x where x.ancestor = any ($1::text[]))
  and (d.level <> 'county' or not exists (
    select from division_ancestor a join division c on c.code = a.ancestor and c.level = 'city' where a.code = d.code))
order by d.code;

-- name: add_draft
insert into rubric_draft (level, area, body, drafted_by, drafted_at, changed_by, changed_at)
values ($1, $2, $3, $4, $5, $4, $5) returning id;

-- name: drafts
-- Drafts that are still open, of the areas that the asker may see.
select b.id, b.level, b.area, d.name as area_name, b.body ->> 'version' as edition, b.changed_at, b.version
from rubric_draft b join division d on d.code = b.area
where b.published_at is null and b.discarded_at is null order by b.area, b.id;

-- name: draft
select b.id, b.level, b.area, d.name as area_name, b.body::text as body, b.valid_from, b.drafted_by, b.changed_by,
  b.changed_at, b.published_at is not null as published, b.discarded_at is not null as discarded, b.version
from rubric_draft b join division d on d.code = b.area where b.id = $1;

-- name: change_draft
-- Nothing comes back when somebody changed it since: $2 is the version that was read.
update rubric_draft set body = $3, changed_by = $4, changed_at = $5, version = version + 1
where id = $1 and version = $2 and published_at is null and discarded_at is null returning version;

-- name: discard_draft
update rubric_draft set discarded_at = $4, changed_by = $3, changed_at = $4, version = version + 1
where id = $1 and version = $2 and published_at is null and discarded_at is null returning version;

-- name: publish_draft
update rubric_draft set published_by = $3, published_at = $4, valid_from = $5, version = version + 1
where id = $1 and version = $2 and published_at is null and discarded_at is null returning version;

-- name: publish
insert into rubric (id, version, sha256, body, valid_from, level, area, changes, draft_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: retire
update rubric set retired_on = $3 where id = $1 and version = $2 and retired_on is null returning retired_on;

-- name: settled
-- The latest settled case of each base in area $1 (none: everywhere) in the year $2; what the asker may see of them.
select distinct on (c.base_id) c.id as case_id, c.base_id, b.name as base_name, c.kind, c.simulated, r.vetoes
from case_result r join accreditation_case c on c.id = r.case_id join base b on b.id = c.base_id
where extract(year from r.settled_at at time zone 'Asia/Shanghai') = $2::int
  and ($1::text is null or c.county in (select code from division_ancestor where ancestor = $1))
order by c.base_id, r.settled_at desc;

-- name: finals
-- $1 the cases.
select case_id, item_id, measure::text as measure, not_applicable, origin, reason from final_item
where case_id = any ($1::bigint[]) order by case_id, item_id;

-- name: last_season
-- The newest year with results; nothing where there are none.
select max(extract(year from settled_at at time zone 'Asia/Shanghai'))::int from case_result;
