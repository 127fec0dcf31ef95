-- name: next_id
select nextval(pg_get_serial_sequence('base', 'id'));

-- name: add
insert into base (id, name, credit_code, kind, county, address, operating_since, trades, capacity_per_year, accessible,
  simulated, created_at, contact_name_cipher, contact_phone_cipher)
overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: by_id
select b.id, b.name, b.credit_code, b.kind, b.county, d.name as county_name, b.address, b.contact_name_cipher,
  b.contact_phone_cipher, b.operating_since, b.trades, b.capacity_per_year, b.accessible::text as accessible,
  b.simulated, b.version
from base b join division d on d.code = b.county where b.id = $1;

-- name: of_ids
select b.id, b.name, b.credit_code, b.kind, b.county, d.name as county_name, b.address, b.contact_name_cipher,
  b.contact_phone_cipher, b.operating_since, b.trades, b.capacity_per_year, b.accessible::text as accessible,
  b.simulated, b.version
from base b join division d on d.code = b.county where b.id = any ($1::bigint[]) order by b.id;

-- name: change
-- Nothing comes back when somebody changed it since: $2 is the version that was read.
update base set name = $3, kind = $4, address = $5, operating_since = $6, trades = $7, capacity_per_year = $8,
  version = version + 1
where id = $1 and version = $2 returning version;

-- name: listed
-- Bases below the given areas, by page; $2 text of name or credit code, $3 state of the accreditation.
select b.id, b.name, b.county, d.name as county_name, b.kind, b.simulated, a.state as accreditation,
  a.plaque_number, a.valid_to, count(*) over () as total
from base b join division d on d.code = b.county
left join accreditation a on a.base_id = b.id and a.state <> 'ended'
where b.county in (select x.code from division_ancestor x where x.ancestor = any ($1::text[]))
  and ($2::text = '' or b.name like '%' || $2 || '%' or b.credit_code = $2)
  and ($3::text = '' or coalesce(a.state, 'none') = $3)
order by b.county, b.id limit $4 offset $5;

-- name: managers
select distinct g.user_id from role_grant g
where g.base_id = $1 and g.role = 'base_manager' and g.revoked_at is null;
