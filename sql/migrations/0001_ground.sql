-- Ground: who is asking, reference data, users, sessions, audit, jobs.

-- Who is asking is set for one transaction only (set_config(..., true)); outside of one it is
-- empty and every policy below answers no. After a first use the setting reads '' and not null.
create function yupei_user() returns bigint language sql stable parallel safe
  return nullif(current_setting('yupei.user', true), '')::bigint;
create function yupei_ids(what text) returns bigint[] language sql stable parallel safe
  return coalesce(string_to_array(nullif(current_setting('yupei.' || what, true), ''), ',')::bigint[], '{}');
create function yupei_areas() returns text[] language sql stable parallel safe
  return coalesce(string_to_array(nullif(current_setting('yupei.areas', true), ''), ','), '{}');
create function yupei_is(what text) returns boolean language sql stable parallel safe
  return coalesce(what = any (string_to_array(nullif(current_setting('yupei.roles', true), ''), ',')), false);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

-- Reference data. A changed file is a new version, never an edit in place.
create table reference_set (
  kind text not null,
  version text not null,
  source text not null,
  licence text not null,
  sha256 text not null,
  valid_from date not null,
  loaded_at timestamptz not null,
  body jsonb not null,
  primary key (kind, version),
  unique (kind, sha256)
);

create table division (
  code text primary key check (code ~ '^[0-9]{6}$'),
  name text not null,
  level text not null check (level in ('province', 'city', 'county', 'zone')),
  kind text not null,
  lat numeric(7, 4),
  lon numeric(7, 4),
  tile_row int,
  tile_col int,
  counts_toward_coverage boolean not null,
  valid_from date,
  unique (tile_row, tile_col)
);
-- Area is asked of this table and never of a code's prefix: 济源市 419001 has no city above it.
create table division_ancestor (
  code text not null references division,
  ancestor text not null references division,
  primary key (code, ancestor)
);
create index on division_ancestor (ancestor, code);
create table division_predecessor (
  predecessor text not null check (predecessor ~ '^[0-9]{6}$'),
  code text not null references division,
  primary key (predecessor, code)
);
create table plan_target (
  plan text not null,
  unit text not null references division,
  trained_persons int not null check (trained_persons >= 0),
  new_certificate_holders int not null check (new_certificate_holders >= 0),
  new_high_skill_holders int not null check (new_high_skill_holders >= 0),
  primary key (plan, unit)
);
create table occupation_code (
  code text not null,
  name text not null,
  level int not null,
  marks text not null,
  primary key (code, name)
);
create table occupation_alias (
  code text not null,
  name text not null,
  alias text not null,
  primary key (code, name, alias),
  foreign key (code, name) references occupation_code
);
create table trade (
  name text primary key,
  name_en text not null,
  code text,
  kind text not null,
  parent_code text,
  grouping text not null,
  aliases text[] not null,
  competitions text[] not null,
  code_status text not null,
  source text not null
);
create table calendar_day (
  day date primary key,
  working boolean not null,
  name text not null,
  source text not null,
  set_by bigint,
  set_at timestamptz not null
);
create table policy_setting (
  key text not null,
  valid_from date not null,
  value jsonb not null,
  source text not null,
  set_by bigint,
  primary key (key, valid_from)
);

-- Users, what they may do and where.
create table app_user (
  id bigint generated always as identity primary key,
  login text unique check (login = lower(login)),
  name_cipher bytea not null,
  phone_cipher bytea,
  phone_index bytea unique,
  password_hash text,
  totp_cipher bytea,
  totp_last_step bigint not null default 0,
  language text not null default 'zh' check (language in ('zh', 'en')),
  simulated boolean not null,
  persona text,
  created_at timestamptz not null,
  disabled_at timestamptz
);
create index on app_user (persona) where persona is not null;

create table role (
  key text primary key,
  scope text not null check (scope in ('area', 'employer', 'base', 'person', 'case', 'system')),
  needs_totp boolean not null
);
create table role_grant (
  id bigint generated always as identity primary key,
  user_id bigint not null references app_user,
  role text not null references role,
  area text references division,
  employer_id bigint,
  base_id bigint,
  person_id bigint,
  valid_from date not null,
  valid_to date,
  granted_by bigint references app_user,
  granted_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by bigint references app_user,
  check (valid_to is null or valid_to >= valid_from),
  check (num_nonnulls(area, employer_id, base_id, person_id) <= 1),
  -- 系统/安全/审计管理员 exclude each other (GB/T 22239 level 3: three separated administrators).
  constraint administrators_exclude_each_other exclude using gist (
    user_id with =,
    (case role when 'system_administrator' then 1 when 'security_administrator' then 2 else 3 end) with <>
  ) where (role in ('system_administrator', 'security_administrator', 'auditor') and revoked_at is null)
);
create index on role_grant (user_id) where revoked_at is null;

create table session (
  token_hash bytea primary key,
  user_id bigint not null references app_user,
  csrf text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  idle_until timestamptz not null,
  ends_at timestamptz not null,
  revoked_at timestamptz
);
create index on session (user_id) where revoked_at is null;
create table one_time_code (
  id bigint generated always as identity primary key,
  phone_index bytea not null,
  request_hash bytea not null unique,
  code_hash bytea not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  tries int not null default 0,
  used_at timestamptz
);
create index on one_time_code (phone_index, sent_at);
create table bootstrap_link (
  token_hash bytea primary key,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create table sms_outbox (
  id bigint generated always as identity primary key,
  phone_cipher bytea not null,
  body_cipher bytea not null,
  kind text not null,
  simulated boolean not null,
  queued_at timestamptz not null,
  sent_at timestamptz
);
create unlogged table rate_bucket (
  key text primary key,
  tokens double precision not null,
  filled_at timestamptz not null
);

-- Audit: append-only; sealed in batches by another role. No personal values in it.
create table audit_event (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  actor bigint,
  roles text not null,
  action text not null,
  object text not null,
  object_id text not null,
  area text,
  reason text not null,
  request_id text not null,
  detail jsonb not null,
  xid xid8 not null default pg_current_xact_id()
);
create index on audit_event (object, object_id);
create trigger audit_event_append_only before update or delete or truncate on audit_event
  for each statement execute function refuse_change();
create table audit_seal (
  position bigint primary key check (position > 0),
  seq bigint not null unique references audit_event,
  hash bytea not null
);
create table audit_checkpoint (
  position bigint primary key,
  hash bytea not null,
  signature bytea not null,
  sealed_at timestamptz not null
);
create trigger audit_seal_append_only before update or delete or truncate on audit_seal
  for each statement execute function refuse_change();
create trigger audit_checkpoint_append_only before update or delete or truncate on audit_checkpoint
  for each statement execute function refuse_change();

create table idempotency (
  actor text not null,
  key text not null,
  route text not null,
  request_hash bytea not null,
  status int,
  location text,
  body bytea,
  content_type text,
  made_at timestamptz not null,
  primary key (actor, key)
);
create table job_run (
  job text not null,
  slot timestamptz not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  result jsonb,
  primary key (job, slot)
);

-- Floors under the permission checks.
alter table audit_event enable row level security;
alter table audit_event force row level security;
create policy write on audit_event for insert to yupei_app with check (true);
create policy read on audit_event for select to yupei_app using (yupei_is('auditor') or yupei_is('security_administrator') or actor = yupei_user());
create policy seal on audit_event for select to yupei_sealer using (true);
create policy own on audit_event to yupei_owner using (true) with check (true);

grant usage on schema public to yupei_app, yupei_matcher, yupei_sealer;
grant select on all tables in schema public to yupei_app;
grant insert on audit_event to yupei_app;
grant insert, update on app_user, role_grant, session, one_time_code, bootstrap_link, sms_outbox,
  rate_bucket, idempotency, job_run, calendar_day, policy_setting to yupei_app;
-- A name is sealed for the row's own number, so the number is asked for before the row is written.
grant usage on sequence app_user_id_seq to yupei_app;
grant delete on rate_bucket, idempotency, one_time_code to yupei_app;
grant select on audit_event, audit_seal, audit_checkpoint to yupei_sealer;
grant insert on audit_seal, audit_checkpoint to yupei_sealer;
grant select on division, division_ancestor, trade, occupation_code, reference_set to yupei_matcher;

-- The roles of services/access.py (a test holds the two equal).
insert into role (key, scope, needs_totp) values
  ('job_seeker', 'person', false),
  ('helper', 'person', false),
  ('employer', 'employer', false),
  ('base_manager', 'base', false),
  ('teacher', 'base', false),
  ('assessor', 'case', true),
  ('assessment_office', 'area', true),
  ('moderator', 'case', true),
  ('panel_member', 'case', true),
  ('review_group', 'case', true),
  ('appeal_member', 'case', true),
  ('county_staff', 'area', true),
  ('city_staff', 'area', true),
  ('province_staff', 'area', true),
  ('third_party_evaluator', 'area', true),
  ('system_administrator', 'system', true),
  ('security_administrator', 'system', true),
  ('auditor', 'system', true);
