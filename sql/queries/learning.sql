-- name: add_exposures
-- What a run would show: one array a column, the cases of a row joined by commas. $1 run, $2 pseudonyms, $3 orders,
-- $4 wishes, $5 prospects, $6 card. A run shows everybody one opening, the first, for certain.
insert into exposure (run_id, pseudonym, order_id, wishes, prospects, card, rank, propensity)
select $1, pseudonym, order_id, string_to_array(wishes, ',')::smallint[], string_to_array(prospects, ',')::smallint[],
  $6, 1, 1
from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[]) as t (pseudonym, order_id, wishes, prospects);

-- name: outcomes
-- What was shown (an offer came of it) and how it ended. $1 whether simulated people are asked for.
select e.pseudonym, (o.reserved_at at time zone 'Asia/Shanghai')::date as day, e.wishes, e.prospects,
  e.propensity::float8 as propensity, o.state
from exposure e
join match_run r on r.id = e.run_id and r.simulated = $1
join person p on p.pseudonym = e.pseudonym
join offer o on o.run_id = e.run_id and o.order_id = e.order_id and o.person_id = p.id
order by o.id;
