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

-- name: next_id
select nextval(pg_get_serial_sequence('person', 'id'));

-- name: add
insert into person (id, pseudonym, county, name_cipher, phone_cipher, phone_index, registered_by, registered_at, simulated)
overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: add_profile
insert into matching_profile (pseudonym, county, sealed, key_id, available_from, may_work_from, waiting_since, active, changed_at)
values ($1, $2, $3, '1', $4, $5, $4, $6, $7);

-- name: details
-- What is sealed of a person, for who opens it with a reason.
select name_cipher, identity_cipher, identity_index, phone_cipher, registered_by, registered_at
from person where id = $1;

-- name: set_identity
update person set identity_cipher = $2, identity_index = $3, version = version + 1 where id = $1 returning id;

-- name: set_may_work_from
update matching_profile set may_work_from = $2, changed_at = $3 where pseudonym = $1 returning pseudonym;

-- name: same
-- Records that a number belongs to, in any county. $1 identity index, $2 certificate index.
select person_id, county, name_cipher, phone_index, found_by from yupei_same_person($1, $2);

-- name: account_phone
select phone_cipher, phone_index from app_user where id = $1;

-- name: add_rating
insert into capacity_rating (id, person_id, source, basis, rated_on, rated_by, levels_cipher, made_at)
overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: next_rating
select nextval(pg_get_serial_sequence('capacity_rating', 'id'));

-- name: ratings
select id, source, basis, rated_on, levels_cipher from capacity_rating where person_id = $1 order by rated_on, id;

-- name: next_skill
select nextval(pg_get_serial_sequence('person_skill', 'id'));

-- name: add_skill
insert into person_skill (id, person_id, occupation, kind, level, issuer, number_cipher, issued_on, added_at)
overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: skills
select id, occupation, kind, level, issuer, number_cipher, issued_on from person_skill where person_id = $1 order by id;

-- name: remove_skill
delete from person_skill where id = $1 and person_id = $2 returning occupation;

-- name: erase
select yupei_erase_person($1, $2, $3);

-- name: looks
-- What was done with the record and by which role, newest first. $1 the person's number as text, $2 how many.
select at, roles, action, reason from audit_event where object = 'person' and object_id = $1 order by seq desc limit $2;
