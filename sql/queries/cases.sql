-- name: rubric_in_force
-- $1 day, $2 county. The nearest area goes before: the city's, then the province's, then the national one.
select id, version from rubric
where valid_from <= $1 and (retired_on is null or retired_on >= $1)
  and (area is null or area in (select ancestor from division_ancestor where code = $2))
order by array_position(array['city', 'province', 'national'], level), valid_from desc, version desc limit 1;

-- name: rubric_body
select body::text from rubric where id = $1 and version = $2;

-- name: lifecycle_in_force
-- The version that was loaded last; a case keeps the one that it was opened under.
select body ->> 'version' from reference_set where kind = 'lifecycle' order by loaded_at desc, version desc limit 1;

-- name: open
insert into accreditation_case (base_id, county, kind, decided_by, state, rubric_id, rubric_version, lifecycle_version, opened_at, simulated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id;

-- name: by_id
select c.id, c.base_id, b.name as base_name, c.county, d.name as county_name, c.kind, c.decided_by, c.state, c.outcome,
  c.rubric_id, c.rubric_version, c.lifecycle_version, c.opened_at, c.closed_at, c.simulated, c.version
from accreditation_case c join base b on b.id = c.base_id join division d on d.code = c.county where c.id = $1;

-- name: lock
-- Held until the transaction ends: two people who decide at once stand in line, and the second meets the new state.
select c.id, c.base_id, b.name as base_name, c.county, d.name as county_name, c.kind, c.decided_by, c.state, c.outcome,
  c.rubric_id, c.rubric_version, c.lifecycle_version, c.opened_at, c.closed_at, c.simulated, c.version
from accreditation_case c join base b on b.id = c.base_id join division d on d.code = c.county where c.id = $1
for update of c;

-- name: set_state
update accreditation_case set state = $2, outcome = $3, closed_at = $4, version = version + 1 where id = $1;

-- name: log
insert into case_log (case_id, at, actor, actor_role, lifecycle_version, source, event, target, reason, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: history
select id, at, actor, actor_role, source, event, target, reason, detail::text as detail
from case_log where case_id = $1 order by id;

-- name: of_base
select c.id, c.base_id, b.name as base_name, c.county, d.name as county_name, c.kind, c.decided_by, c.state, c.outcome,
  c.rubric_id, c.rubric_version, c.lifecycle_version, c.opened_at, c.closed_at, c.simulated, c.version
from accreditation_case c join base b on b.id = c.base_id join division d on d.code = c.county
where c.base_id = $1 order by c.id desc;

-- name: listed
-- What row security lets the asker see, open first and the nearest deadline first. $1 state, $2 county, $3 open only.
select c.id, c.base_id, b.name as base_name, c.county, d.name as county_name, c.kind, c.state, c.outcome, c.opened_at,
  c.simulated, k.due_on, count(*) over () as total
from accreditation_case c join base b on b.id = c.base_id join division d on d.code = c.county
left join lateral (select min(due_on) as due_on from clock where case_id = c.id and stopped_at is null) k on true
where ($1::text = '' or c.state = $1) and ($2::text = '' or c.county = $2) and (not $3::boolean or c.closed_at is null)
order by c.closed_at is not null, k.due_on nulls last, c.id limit $4 offset $5;

-- name: start_clock
insert into clock (case_id, accreditation_id, event, started_on, n, unit, due_on, fires, calendar_known)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: stop_clocks
update clock set stopped_at = $2 where case_id = $1 and stopped_at is null;

-- name: stop_accreditation_clocks
update clock set stopped_at = $2 where accreditation_id = $1 and stopped_at is null;

-- name: clocks
select id, case_id, accreditation_id, event, started_on, n, unit, due_on, fires, calendar_known
from clock where case_id = $1 and stopped_at is null order by due_on, id;

-- name: rung
-- Clocks that move something by themselves and whose last day is over.
select id, case_id, accreditation_id, event, started_on, n, unit, due_on, fires, calendar_known
from clock where fires and stopped_at is null and due_on < $1 order by due_on, id;

-- name: waiting_for_system
-- Cases in a state from which the program itself may move them, whatever the clock says.
select id from accreditation_case where state = any ($1::text[]) and closed_at is null order by id;

-- name: add_member
insert into case_member (case_id, user_id, part, since, reason) values ($1, $2, $3, $4, $5);

-- name: end_member
update case_member set until = $4, reason = $5 where case_id = $1 and user_id = $2 and part = $3 and until is null
returning user_id;

-- name: members
-- Everyone who ever took part, those who left too: who once judged may never decide.
select m.user_id, m.part, m.since, m.until, m.reason, u.name_cipher, u.simulated
from case_member m join app_user u on u.id = m.user_id where m.case_id = $1 order by m.part, m.since, m.user_id;

-- name: holders
-- Who holds a role today: the people an office may appoint.
select distinct u.id, u.name_cipher, u.simulated from role_grant g join app_user u on u.id = g.user_id
where g.role = $1 and g.revoked_at is null and u.disabled_at is null and g.valid_from <= $2
  and (g.valid_to is null or g.valid_to >= $2)
order by u.id;

-- name: add_document
insert into document (case_id, kind, item_id, title, media_type, size_bytes, sha256, uploaded_by, uploaded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id;

-- name: documents
select id, case_id, kind, item_id, title, media_type, size_bytes, sha256, uploaded_by, uploaded_at
from document where case_id = $1 order by kind, id;

-- name: document
select id, case_id, kind, item_id, title, media_type, size_bytes, sha256, uploaded_by, uploaded_at
from document where id = $1;

-- name: set_self_score
insert into self_score (case_id, item_id, measure, note, at) values ($1, $2, $3, $4, $5)
on conflict (case_id, item_id) do update set measure = excluded.measure, note = excluded.note, at = excluded.at;

-- name: self_scores
select item_id, measure::text as measure, note from self_score where case_id = $1 order by item_id;

-- name: add_check
insert into case_check (case_id, state, what, by_user, at, clear, note) values ($1, $2, $3, $4, $5, $6, $7);

-- name: checks
select c.id, c.state, c.what, c.by_user, c.at, c.clear, c.note, u.name_cipher
from case_check c join app_user u on u.id = c.by_user where c.case_id = $1 order by c.id;

-- name: add_finding
insert into finding (case_id, item_id, severity, text, due_on) values ($1, $2, $3, $4, $5);

-- name: close_findings
update finding set closed_at = $2 where case_id = $1 and closed_at is null;

-- name: findings
select id, item_id, severity, text, due_on, closed_at from finding where case_id = $1 order by id;

-- name: commit_draw
insert into draw (case_id, number, commitment, committed_at, seed_cipher, reason)
values ($1, $2, $3, $4, $5, $6) returning id;

-- name: reveal_draw
update draw set seed = $2, pool = $3, pool_hash = $4, picked = $5, excluded = $6, drawn_at = $7
where id = $1 and drawn_at is null returning id;

-- name: draws
select id, number, commitment, committed_at, seed_cipher, seed, pool::text as pool, pool_hash, picked,
  excluded::text as excluded, drawn_at, reason
from draw where case_id = $1 order by number;

-- name: assessors
select a.user_id, a.county, a.fields from assessor a join app_user u on u.id = a.user_id
where a.active and u.disabled_at is null order by a.user_id;

-- name: ties
select user_id, kind, ended_on from assessor_tie where base_id = $1 order by user_id, kind;

-- name: declare_tie
insert into assessor_tie (user_id, base_id, kind, ended_on, declared_at) values ($1, $2, $3, $4, $5)
on conflict (user_id, base_id, kind) do update set ended_on = excluded.ended_on, declared_at = excluded.declared_at;

-- name: above
-- The divisions above a county and itself.
select ancestor from division_ancestor where code = $1 order by ancestor;

-- name: has_city
select exists (select from division_ancestor a join division d on d.code = a.ancestor where a.code = $1 and d.level = 'city');
