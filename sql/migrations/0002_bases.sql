-- Accreditation of training bases: 准入, 评估考核, 退出 (豫残联〔2022〕33号 二(二)3).

create table rubric (
  id text not null,
  version text not null,
  sha256 text not null unique,
  body jsonb not null,
  valid_from date not null,
  retired_on date,
  primary key (id, version)
);
-- The lawful moves of a lifecycle version, row for row those of accreditation/data/lifecycle.json.
create table lifecycle_move (
  version text not null,
  machine text not null check (machine in ('case', 'accreditation', 'demonstration')),
  source text not null,
  event text not null,
  target text not null,
  primary key (version, machine, source, event, target)
);

create table base (
  id bigint generated always as identity primary key,
  name text not null check (name <> ''),
  credit_code text not null,
  kind text not null check (kind in ('enterprise', 'university', 'vocational_school', 'training_institution', 'special_school', 'service_agency', 'other')),
  county text not null references division,
  address text not null,
  contact_name_cipher bytea,
  contact_phone_cipher bytea,
  operating_since date,
  trades text[] not null default '{}',
  capacity_per_year int not null default 0 check (capacity_per_year >= 0),
  accessible jsonb not null default '{}',
  simulated boolean not null,
  version int not null default 1,
  created_at timestamptz not null,
  unique (credit_code, county)
);
create index on base (county);

create table accreditation_case (
  id bigint generated always as identity primary key,
  base_id bigint not null references base,
  county text not null references division,
  kind text not null check (kind in ('admission', 'annual_review', 'renewal', 'spot_check')),
  decided_by text not null default 'province' check (decided_by in ('province', 'city')),
  state text not null,
  outcome text,
  rubric_id text not null,
  rubric_version text not null,
  lifecycle_version text not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  simulated boolean not null,
  version int not null default 1,
  foreign key (rubric_id, rubric_version) references rubric,
  check ((state = 'closed') = (closed_at is not null)),
  check (outcome is null or state in ('closed', 'appeal'))
);
create unique index one_open_case_per_base_and_kind on accreditation_case (base_id, kind) where closed_at is null;
create index on accreditation_case (state);
create index on accreditation_case (county);

create table case_log (
  id bigint generated always as identity primary key,
  case_id bigint not null references accreditation_case,
  at timestamptz not null,
  actor bigint,
  actor_role text not null,
  lifecycle_version text not null,
  machine text not null default 'case' check (machine = 'case'),
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  detail jsonb not null,
  foreign key (lifecycle_version, machine, source, event, target) references lifecycle_move
);
create index on case_log (case_id, id);

create table case_member (
  case_id bigint not null references accreditation_case,
  user_id bigint not null references app_user,
  part text not null check (part in ('assessor', 'third_assessor', 'moderator', 'panel', 'review_group', 'appeal', 'adviser')),
  since timestamptz not null,
  until timestamptz,
  reason text not null,
  primary key (case_id, user_id, part, since)
);
create index on case_member (user_id) where until is null;
-- Who judges does not decide, who decided does not hear the appeal (ISO/IEC 17011): the floor.
create function case_member_keeps_apart() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('case_member', new.case_id));
  if new.part in ('panel', 'review_group', 'appeal') and exists (
    select from case_member m
    where m.case_id = new.case_id and m.user_id = new.user_id and m.part <> new.part
  ) or new.part in ('assessor', 'third_assessor', 'moderator', 'adviser') and exists (
    select from case_member m
    where m.case_id = new.case_id and m.user_id = new.user_id and m.part in ('panel', 'review_group', 'appeal')
  ) then
    raise exception 'case_member_keeps_apart' using errcode = 'check_violation', constraint = 'case_member_keeps_apart';
  end if;
  return new;
end $$;
create trigger case_member_keeps_apart before insert on case_member
  for each row execute function case_member_keeps_apart();

create table clock (
  id bigint generated always as identity primary key,
  case_id bigint references accreditation_case,
  accreditation_id bigint,
  event text not null,
  started_on date not null,
  n int not null check (n > 0),
  unit text not null check (unit in ('calendar_days', 'working_days', 'months')),
  due_on date not null,
  fires boolean not null,
  calendar_known boolean not null,
  stopped_at timestamptz,
  check (num_nonnulls(case_id, accreditation_id) = 1)
);
create index on clock (due_on) where stopped_at is null;
create index on clock (case_id) where stopped_at is null;

create table document (
  id bigint generated always as identity primary key,
  case_id bigint not null references accreditation_case,
  kind text not null,
  item_id text,
  title text not null,
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null,
  uploaded_by bigint not null references app_user,
  uploaded_at timestamptz not null
);
create index on document (case_id);

create table self_score (
  case_id bigint not null references accreditation_case,
  item_id text not null,
  measure jsonb not null,
  note text not null,
  at timestamptz not null,
  primary key (case_id, item_id)
);

-- What somebody looked at or declared while the case stood in a state; the guards of the next move ask for it.
create table case_check (
  id bigint generated always as identity primary key,
  case_id bigint not null references accreditation_case,
  state text not null,
  what text not null check (what in ('completeness', 'vetoes', 'premises', 'recusal', 'visit', 'agreed', 'rescored')),
  by_user bigint not null references app_user,
  at timestamptz not null,
  clear boolean not null,
  note text not null
);
create index on case_check (case_id);

create table assessor (
  user_id bigint primary key references app_user,
  county text not null references division,
  fields text[] not null,
  active boolean not null,
  simulated boolean not null
);
create table assessor_tie (
  user_id bigint not null references assessor,
  base_id bigint not null references base,
  kind text not null check (kind in ('employer', 'kin', 'share', 'advice', 'trainee')),
  ended_on date,
  declared_at timestamptz not null,
  primary key (user_id, base_id, kind)
);
-- The seed is committed (its hash stored) before the pool is fixed; then revealed with the draw.
create table draw (
  id bigint generated always as identity primary key,
  case_id bigint not null references accreditation_case,
  number int not null,
  commitment text not null,
  committed_at timestamptz not null,
  seed_cipher bytea not null,
  seed text,
  pool jsonb,
  pool_hash text,
  picked bigint[],
  excluded jsonb,
  drawn_at timestamptz,
  reason text not null,
  unique (case_id, number),
  check (num_nonnulls(seed, pool, pool_hash, picked, drawn_at) in (0, 5))
);

create table score_sheet (
  id bigint generated always as identity primary key,
  case_id bigint not null references accreditation_case,
  assessor_id bigint not null references app_user,
  round int not null default 1,
  locked_at timestamptz,
  version int not null default 1,
  unique (case_id, assessor_id, round)
);
create table score_entry (
  sheet_id bigint not null references score_sheet,
  item_id text not null,
  measure jsonb,
  not_applicable boolean not null default false,
  reason text not null,
  at timestamptz not null,
  primary key (sheet_id, item_id),
  check (not_applicable or measure is not null),
  check (not not_applicable or reason <> '')
);
create table veto_flag (
  sheet_id bigint not null references score_sheet,
  veto_id text not null,
  reason text not null check (reason <> ''),
  primary key (sheet_id, veto_id)
);
create function sheet_is_open() returns trigger language plpgsql as $$
begin
  if exists (select from score_sheet s where s.id = coalesce(new.sheet_id, old.sheet_id) and s.locked_at is not null) then
    raise exception 'sheet_is_locked' using errcode = 'check_violation', constraint = 'sheet_is_locked';
  end if;
  return coalesce(new, old);
end $$;
create trigger score_entry_open before insert or update or delete on score_entry
  for each row execute function sheet_is_open();
create trigger veto_flag_open before insert or update or delete on veto_flag
  for each row execute function sheet_is_open();

create table final_item (
  case_id bigint not null references accreditation_case,
  item_id text not null,
  measure jsonb,
  not_applicable boolean not null default false,
  origin text not null check (origin in ('agreed', 'moderated', 'median', 'records')),
  reason text not null,
  primary key (case_id, item_id)
);
create table case_result (
  case_id bigint primary key references accreditation_case,
  stage text not null,
  total numeric not null,
  grade text not null,
  minima_met boolean not null,
  vetoes text[] not null,
  sections jsonb not null,
  settled_at timestamptz not null
);

create table finding (
  id bigint generated always as identity primary key,
  case_id bigint not null references accreditation_case,
  item_id text,
  severity text not null check (severity in ('deficiency', 'weakness', 'concern')),
  text text not null check (text <> ''),
  due_on date,
  closed_at timestamptz
);
create table public_notice (
  id bigint generated always as identity primary key,
  case_id bigint not null references accreditation_case,
  starts_on date not null,
  ends_on date not null check (ends_on >= starts_on),
  published_at timestamptz not null
);
create table objection (
  id bigint generated always as identity primary key,
  notice_id bigint not null references public_notice,
  objector_cipher bytea,
  text text not null check (text <> ''),
  evidence text not null,
  at timestamptz not null,
  answered_at timestamptz,
  upheld boolean,
  answer text,
  answered_by bigint references app_user,
  check (objector_cipher is not null or evidence <> '')
);

create table accreditation (
  id bigint generated always as identity primary key,
  base_id bigint not null references base,
  county text not null references division,
  case_id bigint not null references accreditation_case,
  level text not null check (level in ('province', 'city')),
  state text not null,
  plaque_number text not null unique,
  valid_from date not null,
  valid_to date not null check (valid_to > valid_from),
  ended_at timestamptz,
  outcome text,
  simulated boolean not null,
  check ((state = 'ended') = (ended_at is not null))
);
create unique index one_live_accreditation_per_base on accreditation (base_id) where state <> 'ended';
create index on accreditation (county, state);
alter table clock add foreign key (accreditation_id) references accreditation;
create table accreditation_log (
  id bigint generated always as identity primary key,
  accreditation_id bigint not null references accreditation,
  at timestamptz not null,
  actor bigint,
  actor_role text not null,
  lifecycle_version text not null,
  machine text not null default 'accreditation' check (machine = 'accreditation'),
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  detail jsonb not null,
  foreign key (lifecycle_version, machine, source, event, target) references lifecycle_move
);
create index on accreditation_log (accreditation_id, id);
create table demonstration (
  accreditation_id bigint primary key references accreditation,
  state text not null,
  score numeric,
  bonus numeric not null default 0,
  since timestamptz not null
);
create table demonstration_log (
  id bigint generated always as identity primary key,
  accreditation_id bigint not null references accreditation,
  at timestamptz not null,
  actor bigint,
  actor_role text not null,
  lifecycle_version text not null,
  machine text not null default 'demonstration' check (machine = 'demonstration'),
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  detail jsonb not null,
  foreign key (lifecycle_version, machine, source, event, target) references lifecycle_move
);
-- A county that lost its last active base: opened in the same transaction, never a reason to refuse.
create table coverage_gap (
  id bigint generated always as identity primary key,
  county text not null references division,
  opened_at timestamptz not null,
  cause text not null,
  plan text not null default '',
  plan_due_on date,
  closed_at timestamptz
);
create unique index one_open_gap_per_county on coverage_gap (county) where closed_at is null;

-- What a base did, class by class: the ground of the record-computed indicators. Counts only.
create table class_record (
  id bigint generated always as identity primary key,
  base_id bigint not null references base,
  county text not null references division,
  trade text not null,
  kind text not null check (kind in ('in_post', 'order', 're_employment', 'start_up', 'rural', 'brand', 'provincial')),
  order_id bigint,
  starts_on date not null,
  ends_on date not null check (ends_on >= starts_on),
  entered_on date,
  counts jsonb not null,
  simulated boolean not null
);
create index on class_record (base_id, ends_on);
-- Per base and year, what is counted per base and not per class (teachers, employers, complaints).
create table base_year (
  base_id bigint not null references base,
  year int not null,
  counts jsonb not null,
  simulated boolean not null,
  primary key (base_id, year)
);

create trigger case_log_append_only before update or delete or truncate on case_log
  for each statement execute function refuse_change();
create trigger accreditation_log_append_only before update or delete or truncate on accreditation_log
  for each statement execute function refuse_change();
create trigger demonstration_log_append_only before update or delete or truncate on demonstration_log
  for each statement execute function refuse_change();

-- Row-level floors.
create function yupei_sees_case(case_id bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (
    select from accreditation_case c where c.id = $1 and (
      c.base_id = any (yupei_ids('bases'))
      or exists (select from division_ancestor a where a.code = c.county and a.ancestor = any (yupei_areas()))
      or exists (select from case_member m where m.case_id = c.id and m.user_id = yupei_user() and m.until is null)
    ))
$$;

do $$
declare t text;
begin
  foreach t in array array['accreditation_case', 'case_log', 'document', 'self_score', 'score_sheet',
    'score_entry', 'veto_flag', 'final_item', 'case_result', 'finding', 'objection', 'draw', 'case_member',
    'case_check', 'class_record', 'base_year'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner on %I to yupei_owner using (true) with check (true)', t);
  end loop;
end $$;

create policy seen on accreditation_case to yupei_app
  using (
    base_id = any (yupei_ids('bases'))
    or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
    or id in (select m.case_id from case_member m where m.user_id = yupei_user() and m.until is null)
  )
  with check (
    base_id = any (yupei_ids('bases'))
    or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
    or id in (select m.case_id from case_member m where m.user_id = yupei_user() and m.until is null)
  );
create policy seen on case_log to yupei_app using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
create policy seen on document to yupei_app using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
-- What the base gave itself would anchor the one who scores: hidden from an assessor until their sheet is locked.
create function yupei_scores_blind(case_id bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (
    select from case_member m where m.case_id = $1 and m.user_id = yupei_user() and m.until is null
      and m.part in ('assessor', 'third_assessor'))
  and not exists (
    select from score_sheet s where s.case_id = $1 and s.assessor_id = yupei_user() and s.locked_at is not null)
$$;
create policy seen on self_score to yupei_app
  using (yupei_sees_case(case_id) and not yupei_scores_blind(case_id)) with check (yupei_sees_case(case_id));
create policy seen on case_result to yupei_app using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
create policy seen on finding to yupei_app using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
create policy seen on final_item to yupei_app using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
create policy seen on case_check to yupei_app using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
create policy seen on draw to yupei_app using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
-- Not through yupei_sees_case: that function reads this table.
create policy seen on case_member to yupei_app
  using (user_id = yupei_user() or yupei_areas() <> '{}' or yupei_sees_case(case_id))
  with check (yupei_areas() <> '{}' or yupei_sees_case(case_id));
-- Blind: a sheet is its assessor's alone until every sheet of the case is locked.
create function yupei_sheets_locked(case_id bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select not exists (select from score_sheet s where s.case_id = $1 and s.locked_at is null)
$$;
-- Nor while an assessor is still to be drawn: a replacement has no sheet yet.
create function yupei_scoring_is_over(case_id bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select yupei_sheets_locked($1) and exists (
    select from accreditation_case c where c.id = $1 and c.state not in ('scheduling', 'scoring'))
$$;
create policy blind on score_sheet to yupei_app
  using (assessor_id = yupei_user() or yupei_sees_case(case_id) and yupei_scoring_is_over(case_id)
         or yupei_is('system'))
  with check (assessor_id = yupei_user() or yupei_is('system') or yupei_is('assessment_office'));
create policy blind on score_entry to yupei_app
  using (exists (select from score_sheet s where s.id = sheet_id))
  with check (exists (select from score_sheet s where s.id = sheet_id and s.assessor_id = yupei_user()));
create policy blind on veto_flag to yupei_app
  using (exists (select from score_sheet s where s.id = sheet_id))
  with check (exists (select from score_sheet s where s.id = sheet_id and s.assessor_id = yupei_user()));
-- The objector's identity is in this table: only the review group of the case and the auditor see a row.
create policy file on objection for insert to yupei_app with check (true);
create policy review on objection to yupei_app using (
  yupei_is('system') or exists (
    select from public_notice n join case_member m on m.case_id = n.case_id
    where n.id = notice_id and m.user_id = yupei_user() and m.part = 'review_group' and m.until is null));
create policy seen on class_record to yupei_app
  using (base_id = any (yupei_ids('bases')) or yupei_is('assessor')
         or county in (select code from division_ancestor where ancestor = any (yupei_areas())))
  with check (base_id = any (yupei_ids('bases'))
         or county in (select code from division_ancestor where ancestor = any (yupei_areas())));
create policy seen on base_year to yupei_app
  using (base_id = any (yupei_ids('bases')) or yupei_is('assessor') or yupei_areas() <> '{}')
  with check (base_id = any (yupei_ids('bases')) or yupei_areas() <> '{}');

-- What the public may know of open objections: how many.
create function open_objections(notice bigint) returns bigint language sql stable security definer
  set search_path = public as $$
  select count(*) from objection where notice_id = $1 and answered_at is null
$$;

-- What the public may read of a notice: the base, the county and the days; and the answers, without who asked.
create function public_notices(today date) returns table (
  id bigint, case_id bigint, base_name text, county text, county_name text, kind text, starts_on date, ends_on date,
  published_at timestamptz, simulated boolean, open_objections bigint, over boolean
) language sql stable security definer set search_path = public as $$
  select n.id, n.case_id, b.name, c.county, d.name, c.kind, n.starts_on, n.ends_on, n.published_at, c.simulated,
    open_objections(n.id), n.ends_on < $1 or c.state <> 'public_notice'
  from public_notice n join accreditation_case c on c.id = n.case_id join base b on b.id = c.base_id
  join division d on d.code = c.county
$$;
create function public_answers(notice bigint) returns table (id bigint, answered_at timestamptz, upheld boolean, answer text)
  language sql stable security definer set search_path = public as $$
  select o.id, o.answered_at, o.upheld, o.answer from objection o where o.notice_id = $1 and o.answered_at is not null
$$;

grant select, insert, update on base, accreditation_case, case_member, clock, document, self_score,
  assessor, assessor_tie, draw, score_sheet, score_entry, veto_flag, final_item, case_result, finding,
  public_notice, objection, accreditation, demonstration, coverage_gap, class_record, base_year, rubric to yupei_app;
grant select, insert on case_check, case_log, accreditation_log, demonstration_log, lifecycle_move to yupei_app;
grant delete on score_entry, veto_flag, self_score to yupei_app;
