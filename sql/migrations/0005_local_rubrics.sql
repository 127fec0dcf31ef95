-- Local rubrics: each locality writes its own standard on the national one (豫残联〔2022〕33号 二(二)3).

-- Who may write what holds in an area: the federations of cities and of the province, for what lies below them.
create function yupei_writes_rubric(asked text) returns boolean language sql stable security definer
  set search_path = public as $$
  select (yupei_is('city_staff') or yupei_is('province_staff')) and exists (
    select from division_ancestor a where a.code = asked and a.ancestor = any (yupei_areas()))
$$;

-- What a province or city is writing: a document of changes to the rubric above (accreditation/inheritance.py).
create table rubric_draft (
  id bigint generated always as identity primary key,
  level text not null check (level in ('province', 'city')),
  area text not null references division,
  body jsonb not null check (jsonb_typeof(body) = 'object'),
  valid_from date,
  drafted_by bigint not null references app_user,
  drafted_at timestamptz not null,
  changed_by bigint not null references app_user,
  changed_at timestamptz not null,
  published_by bigint references app_user,
  published_at timestamptz,
  discarded_at timestamptz,
  version int not null default 1,
  check ((published_by is null) = (published_at is null)),
  check (published_by is null or valid_from is not null),
  check (published_by is null or discarded_at is null),
  -- Nobody puts in force what they wrote: not the first hand, and not the last.
  constraint rubric_draft_second_person check (published_by <> drafted_by and published_by <> changed_by)
);
create index on rubric_draft (area);

-- `area` null: it holds where nothing nearer does. `changes` is the local document that `body` was computed from.
alter table rubric
  add level text not null default 'national' check (level in ('national', 'province', 'city')),
  add area text references division,
  add changes jsonb,
  add draft_id bigint unique references rubric_draft,
  add constraint rubric_local check (
    (level = 'national') = (area is null) and (area is null) = (changes is null) and (area is null) = (draft_id is null)),
  add constraint rubric_retires_after_start check (retired_on is null or retired_on >= valid_from);
-- Of two versions that begin on one day nobody could say which holds.
create unique index one_rubric_begins_a_day on rubric (area, valid_from) where area is not null;

alter table rubric enable row level security;
alter table rubric force row level security;
create policy owner on rubric to yupei_owner using (true) with check (true);
create policy read on rubric for select to yupei_app using (true);
create policy publish on rubric for insert to yupei_app with check (exists (
  select from rubric_draft d where d.id = draft_id and d.published_by = yupei_user()
    and d.area = rubric.area and d.level = rubric.level and d.valid_from = rubric.valid_from));
create policy retire on rubric for update to yupei_app
  using (yupei_writes_rubric(area)) with check (yupei_writes_rubric(area));

alter table rubric_draft enable row level security;
alter table rubric_draft force row level security;
create policy owner on rubric_draft to yupei_owner using (true) with check (true);
create policy read on rubric_draft for select to yupei_app using (yupei_writes_rubric(area));
create policy draft on rubric_draft for insert to yupei_app
  with check (yupei_writes_rubric(area) and drafted_by = yupei_user() and changed_by = yupei_user()
              and published_by is null);
create policy change on rubric_draft for update to yupei_app
  using (yupei_writes_rubric(area) and published_by is null and discarded_at is null)
  with check (yupei_writes_rubric(area) and yupei_user() in (changed_by, published_by));

-- A published rubric is never edited: the last day of its validity may be set, and nothing else.
revoke update on rubric from yupei_app;
grant update (retired_on) on rubric to yupei_app;
grant select, insert, update on rubric_draft to yupei_app;
