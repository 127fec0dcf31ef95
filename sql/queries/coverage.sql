-- name: counties
-- The units that count (157), each with its live accreditations and the day the last one lapses.
select d.code, d.name, coalesce(city.name, '') as city,
  count(a.id) filter (where a.state = 'active') as active,
  count(a.id) filter (where a.state in ('suspended', 'suspension_appeal', 'revocation_notice', 'notice_appeal')) as shaky,
  max(a.valid_to) filter (where a.state = 'active') as lapses_on,
  bool_or(a.id in (select accreditation_id from demonstration where state = 'demonstration')) is true as demonstration
from division d
left join lateral (
  select x.name from division_ancestor p join division x on x.code = p.ancestor
  where p.code = d.code and x.level = 'city'
) city on true
left join accreditation a on a.county = d.code and a.state <> 'ended'
where d.counts_toward_coverage
group by d.code, d.name, city.name
order by d.code;

-- name: demonstration
-- The ranked list: those named first, then candidates and the wait list, by score and bonus.
select a.id, b.name, d.name as county, dm.state, coalesce(dm.score, 0) as score, dm.bonus
from demonstration dm join accreditation a on a.id = dm.accreditation_id
join base b on b.id = a.base_id join division d on d.code = a.county
where dm.state <> 'none'
order by (dm.state = 'demonstration') desc, coalesce(dm.score, 0) + dm.bonus desc, a.id;

-- name: gaps
select g.county, d.name, g.opened_at, g.cause, g.plan, g.plan_due_on
from coverage_gap g join division d on d.code = g.county where g.closed_at is null order by g.county;

-- name: register
-- Accredited bases of the public register. $1 text in name, county or plaque ('' for all), $2 county
-- or city ('' for all), $3 how many, $4 from which.
select a.plaque_number, b.name, d.name as county, a.state, a.level, a.valid_from, a.valid_to,
  b.trades, b.simulated, count(*) over () as total
from accreditation a join base b on b.id = a.base_id join division d on d.code = a.county
where a.state <> 'ended'
  and ($1 = '' or strpos(b.name, $1) > 0 or strpos(d.name, $1) > 0 or a.plaque_number = $1)
  and ($2 = '' or a.county in (select code from division_ancestor where ancestor = $2))
order by a.county, a.plaque_number
limit $3 offset $4;

-- name: plaque
-- What a plaque's QR code opens: whoever scans it sees whether it holds today.
select a.plaque_number, b.name, d.name as county, a.state, a.level, a.valid_from, a.valid_to,
  b.trades, b.simulated, 1::bigint as total
from accreditation a join base b on b.id = a.base_id join division d on d.code = a.county
where a.plaque_number = $1;

-- name: targets
-- What the plan asks of the 18 units and what class records count. $1 plan, $2 first day, $3 last day.
select t.unit, d.name, t.trained_persons, t.new_certificate_holders, t.new_high_skill_holders,
  coalesce(sum((c.counts ->> 'persons_trained')::bigint), 0)::bigint as trained,
  coalesce(sum((c.counts ->> 'certificates')::bigint), 0)::bigint as certificates,
  coalesce(sum((c.counts ->> 'high_skill_certificates')::bigint), 0)::bigint as high_skill
from plan_target t join division d on d.code = t.unit
left join division_ancestor a on a.ancestor = t.unit
left join class_record c on c.county = a.code and c.ends_on between $2 and $3
where t.plan = $1
group by t.unit, d.name, t.trained_persons, t.new_certificate_holders, t.new_high_skill_holders
order by t.unit;

-- name: clocks
-- Clocks that run on cases the asker may see, the most urgent first. $1 how many.
select k.due_on, k.event, k.unit, k.fires, k.calendar_known, c.id as case_id, c.state, b.name
from clock k join accreditation_case c on c.id = k.case_id join base b on b.id = c.base_id
where k.stopped_at is null
order by k.due_on, c.id limit $1;

-- name: orders_to_check
select j.id, j.number, j.title, j.seats, e.name as employer, d.name as county
from job_order j join employer e on e.id = j.employer_id join division d on d.code = j.county
where j.state = 'submitted' order by j.created_at limit $1;

-- name: figures
-- What the front page says. Public counts only.
select (select count(*) from division where counts_toward_coverage) as counties,
  (select count(distinct a.county) from accreditation a join division d on d.code = a.county
    where a.state = 'active' and d.counts_toward_coverage) as covered,
  (select count(*) from accreditation where state = 'active') as accredited,
  (select count(*) from demonstration where state = 'demonstration') as demonstration,
  (select count(*) from job_order where state = 'open') as orders,
  (select coalesce(sum(seats), 0) from job_order where state = 'open')::bigint as seats;

-- name: sites
-- Every base that holds, and every one that applies now: what a plan may build on. $1 the plan of the targets.
select b.id, b.name, b.county, d.name as county_name, t.unit, b.capacity_per_year, b.simulated,
  a.state is not null and a.state = 'active' as existing,
  last.total as score, last.grade,
  coalesce(dm.state in ('demonstration', 'candidate', 'wait_list'), false) as demonstrates
from base b join division d on d.code = b.county and d.counts_toward_coverage
left join accreditation a on a.base_id = b.id and a.state <> 'ended'
left join demonstration dm on dm.accreditation_id = a.id
left join lateral (
  select r.total, r.grade from accreditation_case c join case_result r on r.case_id = c.id
  where c.base_id = b.id order by r.settled_at desc limit 1) last on true
left join lateral (
  select p.unit from plan_target p join division_ancestor x on x.ancestor = p.unit
  where p.plan = $1 and x.code = b.county limit 1) t on true
where a.state = 'active' or (a.id is null and exists (
  select from accreditation_case c where c.base_id = b.id and c.kind = 'admission' and c.closed_at is null))
order by b.id;

-- name: plan_targets
select t.unit, d.name, t.trained_persons from plan_target t join division d on d.code = t.unit
where t.plan = $1 order by t.unit;
