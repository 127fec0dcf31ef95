-- name: last_confirmed
select id, started_at, confirmed_at from match_run where confirmed_at is not null order by id desc limit 1;

-- name: people_for_fairness_audit
-- For the fairness audit only: the newest category and the number from which sex and age are told, both sealed.
-- $1 the id before, $2 how many.
select p.id, p.pseudonym, p.county, p.identity_cipher,
  c.categories_cipher
from person p
left join lateral (select certified_on, categories_cipher from person_category where person_id = p.id
                   order by certified_on desc limit 1) c on true
where p.id > $1 order by p.id limit $2;

-- name: placed_for_fairness_audit
-- Who a run proposed for a seat, and its value in millionths. $1 run, $2 the pseudonym before, $3 how many.
select pseudonym, v from allotment where run_id = $1 and pseudonym > $2 order by pseudonym limit $3;

-- name: kinds
select code, name, coalesce(kind, '') as kind from division where code = any ($1::text[]);
