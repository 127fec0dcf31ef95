-- name: next_id
select nextval(pg_get_serial_sequence('employer', 'id'));

-- name: add
insert into employer (id, name, credit_code, county, address, staff, staff_counted, contact_name_cipher,
  contact_phone_cipher, contact_phone_index, simulated, created_at)
overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: by_id
select e.id, e.name, e.credit_code, e.county, d.name as county_name, e.address, e.staff, e.staff_counted,
  e.contact_name_cipher, e.contact_phone_cipher, e.verified_at, e.simulated, e.version
from employer e join division d on d.code = e.county where e.id = $1;

-- name: listed
-- The asker's own, or those of its area. $1 ids, $2 county codes, $3 how many, $4 how many before.
select e.id, e.name, d.name as county_name, e.verified_at, e.simulated, count(*) over () as total
from employer e join division d on d.code = e.county
where e.id = any ($1::bigint[]) or e.county = any ($2::text[])
order by e.verified_at nulls first, e.id limit $3 offset $4;

-- name: verify
update employer set verified_at = $2, verified_by = $3, version = version + 1
where id = $1 and verified_at is null returning id;

-- name: suspend
update employer set verified_at = null, verified_by = null, version = version + 1 where id = $1 returning id;

-- name: add_check
insert into employer_check (employer_id, at, by_user, what, clear, note) values ($1, $2, $3, $4, $5, $6);

-- name: checks
select at, what, clear, note from employer_check where employer_id = $1 order by id desc;

-- name: members
-- Who may act for the employer now. $1 employer, $2 today.
select g.id as grant_id, g.user_id, u.name_cipher, u.phone_cipher, g.valid_from
from role_grant g join app_user u on u.id = g.user_id
where g.employer_id = $1 and g.role = 'employer' and g.revoked_at is null and u.disabled_at is null
  and (g.valid_to is null or g.valid_to >= $2) order by g.id;

-- name: member
select g.user_id from role_grant g where g.id = $1 and g.employer_id = $2 and g.revoked_at is null;

-- name: signs
-- What the signs of fake employment are counted from. $1 employer.
select coalesce(e.staff, 0) as staff,
  (select count(*) from employer o where o.address = e.address and e.address <> '' and o.id <> e.id)::int as same_address,
  (select count(*) from employer o where o.contact_phone_index = e.contact_phone_index and o.id <> e.id)::int as same_phone,
  coalesce((select sum(j.seats) from job_order j where j.employer_id = e.id and j.state in ('submitted', 'open')), 0)::int as seats,
  coalesce((select sum(j.seats) from job_order j where j.employer_id = e.id and j.state in ('submitted', 'open')
    and j.work_type = 'home'), 0)::int as home_seats,
  coalesce((select array_agg(j.contract_months order by j.id) from job_order j
    where j.employer_id = e.id and j.state in ('submitted', 'open', 'closed')), '{}') as contract_months
from employer e where e.id = $1;
