-- name: next_id
select nextval(pg_get_serial_sequence('job_order', 'id'));

-- name: employers
-- The named employers. $1 ids.
select id, name, credit_code, county, address, verified_at is not null as verified
from employer where id = any ($1::bigint[]) order by id;

-- name: unverified
-- Employers that wait to be verified, below the areas of the asker. $1 county codes.
select id, name, credit_code, county, address, verified_at is not null as verified
from employer where verified_at is null and county = any ($1::text[]) order by id limit 100;

-- name: add
insert into job_order (id, number, employer_id, county, title, trade, occupation_code, seats, min_headcount,
  work_type, address, wage_min, wage_max, wage_basis, contract_months, insurance, dorm, shift, education_min,
  education_reason, trains, class_starts, class_ends, starts_on, deadline, state, simulated, created_by, created_at)
overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
  $19, $20, $21, $22, $23, $24, $25, 'draft', $26, $27, $28);

-- name: change
-- Nothing if somebody changed it since. $1 id, $2 the version that was read.
update job_order set county = $3, title = $4, trade = $5, occupation_code = $6, seats = $7, min_headcount = $8,
  work_type = $9, address = $10, wage_min = $11, wage_max = $12, wage_basis = $13, contract_months = $14,
  insurance = $15, dorm = $16, shift = $17, education_min = $18, education_reason = $19, trains = $20,
  class_starts = $21, class_ends = $22, starts_on = $23, deadline = $24, version = version + 1
where id = $1 and version = $2 and state in ('draft', 'returned') returning version;

-- name: set_state
-- $1 id, $2 the version that was read, $3 state before, $4 state after.
update job_order set state = $4, version = version + 1
where id = $1 and version = $2 and state = $3 returning version;

-- name: log
insert into order_log (order_id, at, actor, source, event, target, reason) values ($1, $2, $3, $4, $5, $6, $7);

-- name: history
select at, event, target, reason from order_log where order_id = $1 order by id;

-- name: clear_demands
delete from order_demand where order_id = $1;

-- name: clear_accommodations
delete from order_accommodation where order_id = $1;

-- name: clear_skills
delete from order_skill where order_id = $1;

-- name: add_demand
insert into order_demand (order_id, dimension, level, essential, reason) values ($1, $2, $3, $4, $5);

-- name: add_accommodation
insert into order_accommodation (order_id, accommodation, stance, reason) values ($1, $2, $3, $4);

-- name: add_skill
insert into order_skill (order_id, code, level, required, taught) values ($1, $2, $3, $4, $5);

-- name: by_id
select j.id, j.number, j.employer_id, e.name as employer, e.verified_at is not null as verified, j.county,
  d.name as county_name, j.title, coalesce(j.trade, '') as trade, coalesce(j.occupation_code, '') as occupation_code,
  j.seats, j.taken, j.min_headcount, j.work_type, j.address, j.wage_min, j.wage_max, j.wage_basis,
  j.contract_months, j.insurance, j.dorm, j.shift, j.education_min, j.education_reason, j.trains::text as trains,
  j.class_starts, j.class_ends, j.starts_on, j.deadline, j.state, j.simulated, j.version
from job_order j join employer e on e.id = j.employer_id join division d on d.code = j.county
where j.id = $1;

-- name: some
select j.id, j.number, j.employer_id, e.name as employer, e.verified_at is not null as verified, j.county,
  d.name as county_name, j.title, coalesce(j.trade, '') as trade, coalesce(j.occupation_code, '') as occupation_code,
  j.seats, j.taken, j.min_headcount, j.work_type, j.address, j.wage_min, j.wage_max, j.wage_basis,
  j.contract_months, j.insurance, j.dorm, j.shift, j.education_min, j.education_reason, j.trains::text as trains,
  j.class_starts, j.class_ends, j.starts_on, j.deadline, j.state, j.simulated, j.version
from job_order j join employer e on e.id = j.employer_id join division d on d.code = j.county
where j.id = any ($1::bigint[]);

-- name: whole
-- The order and what hangs on it, each as JSON in the order of the vocabulary's words: one trip to the database.
select j.id, j.number, j.employer_id, e.name as employer, e.verified_at is not null as verified, j.county,
  d.name as county_name, j.title, coalesce(j.trade, '') as trade, coalesce(j.occupation_code, '') as occupation_code,
  j.seats, j.taken, j.min_headcount, j.work_type, j.address, j.wage_min, j.wage_max, j.wage_basis,
  j.contract_months, j.insurance, j.dorm, j.shift, j.education_min, j.education_reason, j.trains::text as trains,
  j.class_starts, j.class_ends, j.starts_on, j.deadline, j.state, j.simulated, j.version,
  coalesce((select json_agg(json_build_object('dimension', dimension, 'level', level, 'essential', essential,
    'reason', reason) order by dimension) from order_demand where order_id = j.id), '[]')::text as demands,
  coalesce((select json_agg(json_build_object('accommodation', accommodation, 'stance', stance, 'reason', reason)
    order by accommodation) from order_accommodation where order_id = j.id), '[]')::text as accommodations,
  coalesce((select json_agg(json_build_object('code', code, 'level', level, 'required', required, 'taught', taught)
    order by code) from order_skill where order_id = j.id), '[]')::text as skills
from job_order j join employer e on e.id = j.employer_id join division d on d.code = j.county
where j.id = $1;

-- name: listed
-- $1 employers ({} for any), $2 counties ({} for any), $3 state ('' for any), $4 how many, $5 how many before.
select j.id, j.number, j.title, e.name as employer, d.name as county_name, j.seats, j.taken, j.state, j.wage_min,
  j.wage_max, j.wage_basis, j.deadline, j.simulated, count(*) over () as total
from job_order j join employer e on e.id = j.employer_id join division d on d.code = j.county
where ($1::bigint[] = '{}' or j.employer_id = any ($1::bigint[]))
  and ($2::text[] = '{}' or j.county = any ($2::text[]))
  and ($3::text = '' or j.state = $3)
order by j.id desc limit $4 offset $5;

-- name: minimum_wage
-- The dated monthly minimum of a county, of the nearest division above it, or null. $1 county, $2 day.
select (s.value ->> d.code)::int as yuan
from policy_setting s, (
  select ancestor as code, (ancestor <> $1)::int as far from division_ancestor where code = $1
  union select $1, 0) d
where s.key = 'minimum_wage_month_yuan' and s.valid_from <= $2 and s.value ? d.code
order by s.valid_from desc, d.far limit 1;
