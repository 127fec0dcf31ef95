-- name: add_exposures
-- What a run would show: one array a column, the cases of a row joined by commas. $1 run, $2 pseudonyms, $3 orders,
-- $4 wishes, $5 prospects, $6 card. A run shows everybody one opening, the first, for certain.
insert into exposure (run_id, pseudonym, order_id, wishes, prospects, card, rank, propensity)
select $1, pseudonym, order_id, string_to_array(wishes, ',')::smallint[], string_to_array(prospects, ',')::smallint[],
  $6, 1, 1
from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[]) as t (pseudonym, order_id, wishes, prospects);
