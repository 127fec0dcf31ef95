-- name: add
-- Nothing is asked back: a sheet that is open is its assessor's alone.
insert into score_sheet (case_id, assessor_id, round) values ($1, $2, $3);

-- name: by_id
select s.id, s.case_id, s.assessor_id, s.round, s.locked_at, s.version from score_sheet s where s.id = $1;

-- name: lock_row
select s.id, s.case_id, s.assessor_id, s.round, s.locked_at, s.version from score_sheet s where s.id = $1 for update;

-- name: of_case
select s.id, s.case_id, s.assessor_id, s.round, s.locked_at, s.version from score_sheet s
where s.case_id = $1 order by s.round, s.id;

-- name: of_user
select s.id, s.case_id, b.name as base_name, d.name as county_name, c.state, s.round, s.locked_at,
  (select count(*) from score_entry e where e.sheet_id = s.id) as scored
from score_sheet s join accreditation_case c on c.id = s.case_id join base b on b.id = c.base_id
join division d on d.code = c.county
where s.assessor_id = $1 order by s.locked_at is not null, s.id desc;

-- name: all_locked
select yupei_sheets_locked($1);

-- name: touch
-- Nothing comes back when the sheet is locked or was changed since: $2 is the version that was read.
update score_sheet set version = version + 1 where id = $1 and version = $2 and locked_at is null returning version;

-- name: lock
update score_sheet set locked_at = $3, version = version + 1 where id = $1 and version = $2 and locked_at is null
returning version;

-- name: retire
-- The sheet of an assessor who was replaced is closed with what stands on it, and never compared.
update score_sheet set locked_at = $3, version = version + 1
where case_id = $1 and assessor_id = $2 and locked_at is null;

-- name: set_entry
insert into score_entry (sheet_id, item_id, measure, not_applicable, reason, at) values ($1, $2, $3, $4, $5, $6)
on conflict (sheet_id, item_id) do update set measure = excluded.measure,
  not_applicable = excluded.not_applicable, reason = excluded.reason, at = excluded.at;

-- name: entries
select item_id, measure::text as measure, not_applicable, reason, at from score_entry where sheet_id = $1 order by item_id;

-- name: set_flag
insert into veto_flag (sheet_id, veto_id, reason) values ($1, $2, $3)
on conflict (sheet_id, veto_id) do update set reason = excluded.reason;

-- name: drop_flag
delete from veto_flag where sheet_id = $1 and veto_id = $2;

-- name: flags
select veto_id, reason from veto_flag where sheet_id = $1 order by veto_id;

-- name: set_final
insert into final_item (case_id, item_id, measure, not_applicable, origin, reason) values ($1, $2, $3, $4, $5, $6)
on conflict (case_id, item_id) do update set measure = excluded.measure, not_applicable = excluded.not_applicable,
  origin = excluded.origin, reason = excluded.reason;

-- name: finals
select item_id, measure::text as measure, not_applicable, origin, reason from final_item where case_id = $1 order by item_id;

-- name: set_result
insert into case_result (case_id, stage, total, grade, minima_met, vetoes, sections, settled_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (case_id) do update set stage = excluded.stage, total = excluded.total, grade = excluded.grade,
  minima_met = excluded.minima_met, vetoes = excluded.vetoes, sections = excluded.sections, settled_at = excluded.settled_at;

-- name: result
select case_id, stage, total, grade, minima_met, vetoes, sections::text as sections, settled_at
from case_result where case_id = $1;

-- name: from_records
-- Every variable of the rubric that the system's own records give for a base, by its key in the rubric.
-- $1 base, $2 first and $3 last day of the period. Numbers of classes that ended in it are added up; what is
-- counted per base and year (teachers, employers, complaints) is taken from the latest year and goes before.
with classes as (
  select c.* from class_record c where c.base_id = $1 and c.ends_on between $2 and $3
), added as (
  select v.key, to_jsonb(sum((v.value #>> '{}')::numeric)) as value
  from classes c cross join lateral jsonb_each(c.counts) v
  where jsonb_typeof(v.value) = 'number' group by v.key
), derived as (
  select 'classes_ended' as key, to_jsonb(count(*)) as value from classes
  union all
  -- 豫残联〔2022〕33号 三(四): within 10 working days after the end of the class
  select 'classes_on_time', to_jsonb(count(*)) from classes c where c.entered_on is not null and (
    select count(*) from generate_series(c.ends_on + 1, c.entered_on, interval '1 day') as g (day)
    left join calendar_day k on k.day = g.day::date
    where coalesce(k.working, extract(isodow from g.day) < 6)) <= 10
  union all
  select 'median_class_size', to_jsonb(percentile_cont(0.5) within group (order by (c.counts ->> 'trainees')::numeric)::numeric)
  from classes c where c.counts ? 'trainees' having count(*) > 0
), yearly as (
  select v.key, v.value from (
    select counts from base_year where base_id = $1 and year <= extract(year from $3::date) order by year desc limit 1
  ) y cross join lateral jsonb_each(y.counts) v
)
select coalesce(jsonb_object_agg(key, value), '{}')::text from (
  select key, value from yearly
  union all
  select key, value from derived where key not in (select key from yearly)
  union all
  select key, value from added where key not in (select key from yearly) and key not in (select key from derived)
) every;
