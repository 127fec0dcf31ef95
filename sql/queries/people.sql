-- name: by_id
select id, pseudonym, county, name_cipher, recommendations, simulated, version from person where id = $1;

-- name: all_of
-- The named people. $1 ids.
select id, pseudonym, county, name_cipher, recommendations, simulated, version
from person where id = any ($1::bigint[]) order by id;

-- name: set_recommendations
update person set recommendations = $2, version = version + 1 where id = $1 returning version;

-- name: profile
select pseudonym, county, sealed, available_from, may_work_from, waiting_since, active
from matching_profile where pseudonym = $1;

-- name: lock_profile
-- Held until the transaction ends, so that two answers at once both stay.
select pseudonym, county, sealed, available_from, may_work_from, waiting_since, active
from matching_profile where pseudonym = $1 for update;

-- name: set_profile
update matching_profile set sealed = $2, changed_at = $3 where pseudonym = $1 returning pseudonym;

-- name: set_active
update matching_profile set active = $2, changed_at = $3 where pseudonym = $1 and active <> $2;

-- name: listed
-- People below the areas of the asker. $1 how many, $2 how many before.
select p.id, p.name_cipher, d.name as county_name, p.simulated, count(*) over () as total
from person p join division d on d.code = p.county order by p.id limit $1 offset $2;
