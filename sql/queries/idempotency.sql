-- name: take_turn
-- True if no other request of this actor and key is inside a transaction now; held until this one ends.
select pg_try_advisory_xact_lock(hashtextextended('once:' || $1 || ':' || $2, 0));

-- name: kept
-- What is known of an earlier request. $1 actor, $2 key, $3 older ones are forgotten.
select route, request_hash, status, location, body, content_type
from idempotency where actor = $1 and key = $2 and made_at > $3;

-- name: claim
-- Ties the key to this transaction if it changed anything; nothing comes back if it only read.
-- $1 actor, $2 key, $3 route, $4 request_hash, $5 now.
insert into idempotency (actor, key, route, request_hash, made_at)
select $1::text, $2::text, $3::text, $4::bytea, $5::timestamptz
where pg_current_xact_id_if_assigned() is not null
on conflict (actor, key) do update set route = excluded.route, request_hash = excluded.request_hash,
  made_at = excluded.made_at, status = null, location = null, body = null, content_type = null
returning key;

-- name: keep_answer
-- $1 actor, $2 key, $3 status, $4 location, $5 body, $6 content_type.
update idempotency set status = $3, location = $4, body = $5, content_type = $6
where actor = $1 and key = $2;

-- name: release
delete from idempotency where actor = $1 and key = $2;

-- name: forget
-- How many keys made before $1 are gone.
with gone as (delete from idempotency where made_at <= $1 returning 1) select count(*) from gone;

-- name: take_time
-- A page's transaction may wait for work done elsewhere (a run of the matching), longer than a page is allowed.
select set_config('idle_in_transaction_session_timeout', '0', true);
