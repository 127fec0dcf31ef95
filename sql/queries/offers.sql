-- name: lock_orders
-- Held in the order of their ids, so that two confirmations cannot wait for each other. $1 run, $2 today.
select id, seats - taken as free, simulated from job_order
where id in (select order_id from allotment where run_id = $1) and state = 'open' and deadline >= $2
order by id for update;

-- name: reserve_run
-- Offers for the best of each order up to its free seats, to people who have no seat and did not say no
-- to it. $1 run, $2 orders, $3 their free seats, $4 now, $5 until.
insert into offer (run_id, order_id, person_id, state, holds_seat, bin, accommodations, reserved_at, reserved_until, simulated)
select $1, r.order_id, r.person_id, 'reserved', true, r.bin, r.accommodations, $4, $5, r.simulated
from (
  select a.order_id, p.id as person_id, a.bin, a.accommodations, p.simulated, f.free,
    row_number() over (partition by a.order_id order by a.v desc, a.pseudonym) as place
  from allotment a
  join person p on p.pseudonym = a.pseudonym and p.recommendations
  join matching_profile m on m.pseudonym = a.pseudonym and m.active
  join unnest($2::bigint[], $3::int[]) as f (order_id, free) on f.order_id = a.order_id
  where a.run_id = $1
    and not exists (select from offer o where o.person_id = p.id and o.holds_seat)
    and not exists (select from offer o where o.person_id = p.id and o.order_id = a.order_id
                    and o.state in ('declined', 'not_hired'))
) r
where r.place <= r.free
on conflict do nothing
returning order_id;

-- name: take_seats
-- The guard of every seat: nothing happens if there are not that many left. $1 order, $2 how many, $3 today.
update job_order set taken = taken + $2
where id = $1 and taken + $2 <= seats and state = 'open' and deadline >= $3 returning taken;

-- name: free_seat
update job_order set taken = taken - 1 where id = $1 and taken > 0 returning taken;

-- name: reserve_one
insert into offer (order_id, person_id, state, holds_seat, bin, accommodations, reserved_at, reserved_until, simulated)
values ($1, $2, 'reserved', true, $3, $4, $5, $6, $7) on conflict do nothing returning id;

-- name: by_id
select o.id, o.run_id, o.order_id, o.person_id, o.state, o.bin, o.accommodations, o.reserved_at, o.reserved_until,
  o.reason, o.version, j.employer_id, j.county, j.title
from offer o join job_order j on j.id = o.order_id where o.id = $1;

-- name: of_person
select o.id, o.run_id, o.order_id, o.person_id, o.state, o.bin, o.accommodations, o.reserved_at, o.reserved_until,
  o.reason, o.version, j.employer_id, j.county, j.title
from offer o join job_order j on j.id = o.order_id where o.person_id = $1 order by o.id desc;

-- name: of_order
-- With the pseudonym under which the profile is kept; who may see the order may see this, never the name.
select o.id, o.person_id, c.pseudonym, o.state, o.bin, o.accommodations, o.reserved_until, o.version
from offer o join yupei_offer_pseudonyms($1) c on c.offer_id = o.id
where o.order_id = $1 order by o.holds_seat desc, o.id;

-- name: of_order_plain
-- The offers of an order that still hold a seat.
select id from offer where order_id = $1 and holds_seat order by id;

-- name: answer
-- $1 id, $2 state before, $3 state after, $4 now, $5 reason. Nothing if somebody answered in between.
update offer set state = $3, holds_seat = $3 in ('reserved', 'accepted', 'hired'), answered_at = $4, reason = $5,
  version = version + 1
where id = $1 and state = $2 returning order_id;

-- name: lapse
-- Reserved offers whose time is over give their seats back, in one statement. $1 now.
with gone as (
  update offer set state = 'lapsed', holds_seat = false, answered_at = $1, version = version + 1
  where id in (select id from offer where state = 'reserved' and reserved_until <= $1 order by id for update skip locked)
  returning order_id
), counted as (
  select order_id, count(*)::int as seats from gone group by order_id
), freed as (
  update job_order j set taken = j.taken - c.seats from counted c where j.id = c.order_id returning c.seats
)
select coalesce(sum(seats), 0)::int from freed;

-- name: name_of
-- Row security shows it only once the person accepted. $1 person.
select name_cipher from person where id = $1;

-- name: held_apart
-- Orders whose count of seats differs from their offers; always none.
select j.id from job_order j
where j.taken <> (select count(*) from offer o where o.order_id = j.id and o.holds_seat) limit 100;

-- name: wish
insert into wish (person_id, order_id, at) values ($1, $2, $3)
on conflict (person_id, order_id) do update set at = excluded.at, withdrawn_at = null;

-- name: unwish
update wish set withdrawn_at = $3 where person_id = $1 and order_id = $2 and withdrawn_at is null;

-- name: wishes
select order_id from wish where person_id = $1 and withdrawn_at is null order by order_id;

-- name: ask
insert into offer_question (person_id, order_id, text, at) values ($1, $2, $3, $4) returning id;

-- name: reply
update offer_question set answer = $2, answered_at = $3, answered_by = $4
where id = $1 and answer is null returning order_id;

-- name: question
select q.id, q.order_id, j.employer_id, j.county from offer_question q join job_order j on j.id = q.order_id where q.id = $1;

-- name: questions_of_person
select id, order_id, text, at, coalesce(answer, '') as answer from offer_question where person_id = $1 order by id desc;

-- name: questions_of_order
select id, order_id, text, at, coalesce(answer, '') as answer from offer_question where order_id = $1 order by id desc;
