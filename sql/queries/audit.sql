-- name: write
-- $1 actor, $2 roles, $3 action, $4 object, $5 object id, $6 area, $7 reason, $8 request id, $9 detail, $10 at.
insert into audit_event (actor, roles, action, object, object_id, area, reason, request_id, detail, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: newest
-- What the asker may see of the log, newest first. $1: before this seq, $2: how many.
select seq, at, actor, roles, action, object, object_id, area, reason, request_id
from audit_event where seq < $1 order by seq desc limit $2;

-- name: take_turn
-- True if this transaction is the only sealer now.
select pg_try_advisory_xact_lock(hashtextextended('audit-sealer', 0));

-- name: seal_head
select position, hash from audit_seal order by position desc limit 1;

-- name: unsealed
-- Committed events without a place in the chain. A bigserial's order is not the order of commit, so
-- only events of transactions older than every running one are taken.
select e.seq, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as at,
  coalesce(e.actor::text, '') as actor, e.roles, e.action, e.object, e.object_id,
  coalesce(e.area, '') as area, e.reason, e.request_id, e.detail::text as detail
from audit_event e left join audit_seal s on s.seq = e.seq
where s.seq is null and e.xid < pg_snapshot_xmin(pg_current_snapshot())
order by e.seq limit $1;

-- name: add_seal
insert into audit_seal (position, seq, hash) values ($1, $2, $3);

-- name: add_checkpoint
insert into audit_checkpoint (position, hash, signature, sealed_at) values ($1, $2, $3, $4);

-- name: sealed
-- The chain with its events, from a position on. $1: first position, $2: how many.
select s.position, s.hash, e.seq, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as at,
  coalesce(e.actor::text, '') as actor, e.roles, e.action, e.object, e.object_id,
  coalesce(e.area, '') as area, e.reason, e.request_id, e.detail::text as detail
from audit_seal s join audit_event e on e.seq = s.seq
where s.position >= $1 order by s.position limit $2;

-- name: heads_from
-- Signed heads from a position on, that of $1 too.
select position, hash, to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
from audit_checkpoint where position >= $1 order by position;

-- name: checkpoints
select position, hash, signature from audit_checkpoint order by position;
