-- name: publish
insert into public_notice (case_id, starts_on, ends_on, published_at) values ($1, $2, $3, $4) returning id;

-- name: listed
-- Public: what is being published or was. The case itself stays behind row security.
select n.id, n.case_id, n.base_name, n.county, n.county_name, n.kind, n.starts_on, n.ends_on, n.published_at,
  n.simulated, n.open_objections, n.over
from public_notices($1) n order by n.ends_on desc, n.id desc limit $2 offset $3;

-- name: by_id
select n.id, n.case_id, n.base_name, n.county, n.county_name, n.kind, n.starts_on, n.ends_on, n.published_at,
  n.simulated, n.open_objections, n.over
from public_notices($2) n where n.id = $1;

-- name: of_case
select id, case_id, starts_on, ends_on, published_at from public_notice where case_id = $1 order by id desc;

-- name: add_objection
insert into objection (notice_id, objector_cipher, text, evidence, at) values ($1, $2, $3, $4, $5) returning id;

-- name: seal_objector
update objection set objector_cipher = $2 where id = $1;

-- name: objections
select o.id, o.notice_id, o.objector_cipher, o.text, o.evidence, o.at, o.answered_at, o.upheld, o.answer
from objection o join public_notice n on n.id = o.notice_id where n.case_id = $1 order by o.id;

-- name: answers
-- What was answered is public, who asked is not.
select id, answered_at, upheld, answer from public_answers($1) order by id;

-- name: answer
update objection set answered_at = $2, upheld = $3, answer = $4, answered_by = $5
where id = $1 and answered_at is null returning id;

-- name: open_objections
select open_objections($1);

-- name: take_county
-- Plaque numbers of one county and the count of its bases are taken one at a time.
select pg_advisory_xact_lock(hashtextextended('county:' || $1, 0));

-- name: plaques_in
select count(*) from accreditation where county = $1 and plaque_number like $2 || '%';

-- name: accredit
insert into accreditation (base_id, county, case_id, level, state, plaque_number, valid_from, valid_to, simulated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id;

-- name: accreditation
select id, base_id, county, case_id, level, state, plaque_number, valid_from, valid_to, ended_at, outcome
from accreditation where base_id = $1 order by id desc limit 1;

-- name: lock_accreditation
select id, base_id, county, case_id, level, state, plaque_number, valid_from, valid_to, ended_at, outcome
from accreditation where id = $1 for update;

-- name: set_accreditation
update accreditation set state = $2, ended_at = $3, outcome = $4 where id = $1;

-- name: extend_term
update accreditation set valid_to = $2 where id = $1;

-- name: accreditation_log
insert into accreditation_log (accreditation_id, at, actor, actor_role, lifecycle_version, source, event, target, reason, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: accreditation_history
select id, at, actor, actor_role, source, event, target, reason, detail::text as detail
from accreditation_log where accreditation_id = $1 order by id;

-- name: active_in
select count(*) from accreditation where county = $1 and state = 'active';

-- name: counts
select counts_toward_coverage from division where code = $1;

-- name: open_gap
insert into coverage_gap (county, opened_at, cause) values ($1, $2, $3)
on conflict (county) where closed_at is null do nothing;

-- name: close_gap
update coverage_gap set closed_at = $2 where county = $1 and closed_at is null returning id;

-- name: open_gap_of
select id, opened_at, cause from coverage_gap where county = $1 and closed_at is null;

-- name: timed_out
-- Live accreditations whose term is over, or that stand in a state which a timer ends.
select a.id, a.base_id, a.state, a.valid_to,
  coalesce((select max(l.at) from accreditation_log l where l.accreditation_id = a.id and l.source <> l.target),
    a.valid_from::timestamptz) as since,
  exists (select from accreditation_case c where c.base_id = a.base_id and c.kind = 'renewal' and c.closed_at is null) as renewal_open
from accreditation a
where a.state <> 'ended' and (a.valid_to < $1 or a.state in ('suspended', 'revocation_notice')) order by a.id;
