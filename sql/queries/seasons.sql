-- name: sheets
-- Every locked sheet of the first round whose case was settled in [$1, $2); what the asker may see of them.
select s.id, s.case_id, b.id as base_id, b.name as base_name, s.assessor_id, u.name_cipher,
  c.rubric_id, c.rubric_version, c.kind, r.total as final_total, c.simulated
from score_sheet s join accreditation_case c on c.id = s.case_id join base b on b.id = c.base_id
join case_result r on r.case_id = c.id join app_user u on u.id = s.assessor_id
where s.locked_at is not null and s.round = 1 and r.settled_at >= $1 and r.settled_at < $2
order by s.case_id, s.id;

-- name: entries
-- $1 the sheets.
select sheet_id, item_id, measure::text as measure, not_applicable, reason from score_entry
where sheet_id = any($1::bigint[]) order by sheet_id, item_id;

-- name: recorded
-- What the records gave when each case was settled; the same for every assessor. $1 the cases.
select case_id, item_id, measure::text as measure from final_item
where case_id = any($1::bigint[]) and origin = 'records' order by case_id, item_id;

-- name: self_scores
-- $1 the cases.
select case_id, item_id, measure::text as measure from self_score
where case_id = any($1::bigint[]) order by case_id, item_id;

-- name: years
-- The years in which results were settled, newest first.
select distinct extract(year from settled_at at time zone 'Asia/Shanghai')::int as year from case_result order by 1 desc;
