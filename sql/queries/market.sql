-- name: places
select code, lat::float8 as lat, lon::float8 as lon from division where lat is not null and lon is not null;

-- name: profiles
select pseudonym, county, sealed, available_from, may_work_from, waiting_since
from matching_profile where active order by pseudonym;

-- name: bucket
-- The people of some buckets. $1 buckets.
select pseudonym, county, sealed, available_from, may_work_from, waiting_since
from matching_profile where active and bucket = any ($1::int[]) order by pseudonym;

-- name: chosen
-- These people, as far as they are in the market. $1 pseudonyms.
select pseudonym, county, sealed, available_from, may_work_from, waiting_since
from matching_profile where active and pseudonym = any ($1::bigint[]) order by pseudonym;

-- name: orders
select id, county, coalesce(occupation_code, '') as occupation_code, coalesce(trade, '') as trade, seats - taken as free,
  min_headcount, work_type, wage_min, wage_basis, contract_months, insurance, dorm, shift, education_min,
  education_reason, trains::text as trains, class_starts, starts_on, deadline
from job_order where state = 'open' order by id;

-- name: demands
select order_id, dimension, level, essential, reason from order_demand
where order_id in (select id from job_order where state = 'open') order by order_id, dimension;

-- name: accommodations
select order_id, accommodation, stance from order_accommodation
where order_id in (select id from job_order where state = 'open') order by order_id, accommodation;

-- name: skills
select order_id, code, level, required, taught from order_skill
where order_id in (select id from job_order where state = 'open') order by order_id, code;

-- name: add_run
insert into match_run (started_at, finished_at, people, orders, seats, filled, value, bound, gap, passes, seconds, bins,
  scorecard, simulated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning id;

-- name: runs
select id, started_at, people, orders, seats, filled, value, bound, gap, passes, seconds, bins::text as bins, scorecard,
  confirmed_at, simulated
from match_run order by id desc limit $1;

-- name: run
select id, started_at, people, orders, seats, filled, value, bound, gap, passes, seconds, bins::text as bins, scorecard,
  confirmed_at, simulated
from match_run where id = $1;

-- name: by_order
-- What a run proposes for each order the asker may see. $1 run, $2 how many.
select a.order_id, j.number, j.title, j.seats, j.taken, count(*) as proposed,
  count(*) filter (where a.bin = 'now') as now, count(*) filter (where a.bin = 'accommodation') as accommodation,
  count(*) filter (where a.bin = 'training') as training
from allotment a join job_order j on j.id = a.order_id
where a.run_id = $1 group by a.order_id, j.number, j.title, j.seats, j.taken order by a.order_id limit $2;

-- name: confirm_run
-- Once only.
update match_run set confirmed_at = $2, confirmed_by = $3 where id = $1 and confirmed_at is null returning id;

-- name: newer_run
select max(id) from match_run where id > $1;

-- name: setting
-- The value of a policy in force on a day. $1 key, $2 day.
select value::text from policy_setting where key = $1 and valid_from <= $2 order by valid_from desc limit 1;

-- name: add_allotment
-- One array a column; the accommodations of a row are joined by commas.
insert into allotment (run_id, pseudonym, order_id, bin, u, p, v, accommodations)
select run, pseudonym, order_id, bin, u, p, v, coalesce(string_to_array(nullif(needed, ''), ','), '{}')
from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::int[], $6::int[], $7::int[], $8::text[])
  as t (run, pseudonym, order_id, bin, u, p, v, needed);
