-- name: of_person
select purpose, text_version, given_at, withdrawn_at, given_through from consent where person_id = $1 order by given_at, purpose;

-- name: live
select purpose from consent where person_id = $1 and withdrawn_at is null order by purpose;

-- name: give
-- Nothing if it is given already. $1 person, $2 purpose, $3 text version, $4 now, $5 through whom.
insert into consent (person_id, purpose, text_version, given_at, given_through) values ($1, $2, $3, $4, $5)
on conflict do nothing returning purpose;

-- name: withdraw
update consent set withdrawn_at = $3 where person_id = $1 and purpose = $2 and withdrawn_at is null returning purpose;
