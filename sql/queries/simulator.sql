-- name: set_sequence
select setval(pg_get_serial_sequence($1, 'id'), greatest($2::bigint, 1), $2::bigint > 0)

-- name: lock_sheets
update score_sheet s set locked_at = v.at
from unnest($1::bigint[], $2::timestamptz[]) v (id, at)
where s.id = v.id
