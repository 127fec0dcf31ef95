-- name: take_turn
-- True if no other process is at this job now; held until the transaction ends. $1 job.
select pg_try_advisory_xact_lock(hashtextextended('job:' || $1, 0));

-- name: underway
-- Whether some process is at this job now. Asking takes no lock, so that it keeps nobody from starting. $1 job.
select exists (
  select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and ((classid::bigint << 32) | objid::bigint) = hashtextextended('job:' || $1, 0));

-- name: claim
-- The ledger row of a slot, keyed by the scheduled time; nothing if the slot was done. $1 job, $2 slot, $3 now.
insert into job_run (job, slot, started_at) values ($1, $2, $3) on conflict do nothing returning slot;

-- name: finish
update job_run set finished_at = $3, result = $4 where job = $1 and slot = $2;

-- name: last_slot
select max(slot) from job_run where job = $1;

-- name: recent
select job, slot, started_at, finished_at, coalesce(result::text, '') as result
from job_run order by started_at desc limit $1;

-- name: settled_cases
-- The newest settled case of every base with a live accreditation, for scoring it anew.
select distinct on (c.base_id) c.id
from accreditation_case c join case_result r on r.case_id = c.id
join accreditation a on a.base_id = c.base_id and a.state <> 'ended'
order by c.base_id, r.settled_at desc, c.id desc;
