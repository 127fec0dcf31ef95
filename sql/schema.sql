-- The schema as it stands: the sum of sql/migrations, for reading.
-- Written by `python -m tests.schema`; a test holds the two equal.

CREATE OR REPLACE FUNCTION public.base_is_of_one_hand()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  -- Two who register the same organisation at once stand in line.
  perform pg_advisory_xact_lock(hashtextextended('base:' || new.credit_code, 0));
  if exists (select from base b where b.credit_code = new.credit_code
             and b.county <> new.county and not b.id = any (yupei_ids('bases'))) then
    raise exception 'base_is_of_one_hand' using errcode = 'check_violation', constraint = 'base_is_of_one_hand';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.case_member_keeps_apart()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.consent_withdrawn()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
begin
  update matching_profile set active = false, changed_at = new.withdrawn_at
  where active and pseudonym = (select pseudonym from person where id = new.person_id);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.employer_verified_by_county()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if current_user = 'yupei_app' and new.verified_at is not null
     and (tg_op = 'INSERT' or new.verified_at is distinct from old.verified_at)
     and not exists (select from division_ancestor a where a.code = new.county and a.ancestor = any (yupei_areas())) then
    raise exception 'employer_verified_by_county' using errcode = 'check_violation',
      constraint = 'employer_verified_by_county';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.holds_real_people()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select exists (select from person where not simulated) or exists (select from app_user where not simulated)
$function$;

CREATE OR REPLACE FUNCTION public.market_needs_consent()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.active and current_user = 'yupei_app' and not exists (
    select from person p where p.pseudonym = new.pseudonym and yupei_consents(p.id, 'matching')) then
    raise exception 'market_needs_consent' using errcode = 'check_violation', constraint = 'market_needs_consent';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.open_objections(notice bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select count(*) from objection where notice_id = $1 and answered_at is null
$function$;

CREATE OR REPLACE FUNCTION public.public_answers(notice bigint)
 RETURNS TABLE(id bigint, answered_at timestamp with time zone, upheld boolean, answer text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select o.id, o.answered_at, o.upheld, o.answer from objection o where o.notice_id = $1 and o.answered_at is not null
$function$;

CREATE OR REPLACE FUNCTION public.public_notices(today date)
 RETURNS TABLE(id bigint, case_id bigint, base_name text, county text, county_name text, kind text, starts_on date, ends_on date, published_at timestamp with time zone, simulated boolean, open_objections bigint, over boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select n.id, n.case_id, b.name, c.county, d.name, c.kind, n.starts_on, n.ends_on, n.published_at, c.simulated,
    open_objections(n.id), n.ends_on < $1 or c.state <> 'public_notice'
  from public_notice n join accreditation_case c on c.id = n.case_id join base b on b.id = c.base_id
  join division d on d.code = c.county
$function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.sheet_is_open()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from score_sheet s where s.id = coalesce(new.sheet_id, old.sheet_id) and s.locked_at is not null) then
    raise exception 'sheet_is_locked' using errcode = 'check_violation', constraint = 'sheet_is_locked';
  end if;
  return coalesce(new, old);
end $function$;

CREATE OR REPLACE FUNCTION public.tell_market()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_table_name = 'job_order' then
    if tg_op = 'INSERT' and new.state = 'open' or tg_op = 'UPDATE' and 'open' in (old.state, new.state) then
      perform pg_notify('yupei_market', 'o');
    end if;
  elsif tg_op = 'DELETE' then
    perform pg_notify('yupei_market', 'p' || old.bucket);
  else
    perform pg_notify('yupei_market', 'p' || new.bucket);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.yupei_appoints(asked bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select (yupei_is('assessment_office') or yupei_is('system')) and exists (
    select from accreditation_case c join division_ancestor a on a.code = c.county
    where c.id = asked and a.ancestor = any (yupei_areas()))
$function$;

CREATE OR REPLACE FUNCTION public.yupei_areas()
 RETURNS text[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN COALESCE(string_to_array(NULLIF(current_setting('yupei.areas'::text, true), ''::text), ','::text), '{}'::text[]);

CREATE OR REPLACE FUNCTION public.yupei_bases_below()
 RETURNS SETOF bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select b.id from base b join division_ancestor a on a.code = b.county where a.ancestor = any (yupei_areas())
$function$;

CREATE OR REPLACE FUNCTION public.yupei_bases_judged()
 RETURNS SETOF bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select c.base_id from case_member m join accreditation_case c on c.id = m.case_id
  where m.user_id = yupei_user() and m.until is null
$function$;

CREATE OR REPLACE FUNCTION public.yupei_consents(asked bigint, what text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select exists (select from consent where person_id = asked and purpose = what and withdrawn_at is null)
$function$;

CREATE OR REPLACE FUNCTION public.yupei_employer_in_hand(asked bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select exists (select from employer e join division_ancestor a on a.code = e.county
                 where e.id = asked and a.ancestor = any (yupei_areas()))
$function$;

CREATE OR REPLACE FUNCTION public.yupei_erase_person(asked bigint, successor bigint, moment timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
declare
  numbers bytea[];
  accounts bigint[];
begin
  if not yupei_person_in_hand(asked) or not exists (select from person where id = asked and erased_at is null) then
    return false;
  end if;
  select array_agg(distinct g.user_id) into accounts from role_grant g
  where g.person_id = asked and g.role = 'job_seeker' and g.revoked_at is null
    and not exists (select from role_grant o where o.user_id = g.user_id and o.revoked_at is null
                    and o.person_id is distinct from asked);
  select array_agg(phone_index) into numbers from (
    select phone_index from person where id = asked
    union select phone_index from app_user where id = any (accounts)) as each where phone_index is not null;
  update role_grant set revoked_at = moment, revoked_by = yupei_user() where person_id = asked and revoked_at is null;
  delete from sms_outbox where phone_index = any (numbers);
  delete from one_time_code where phone_index = any (numbers);
  delete from session where user_id = any (accounts);
  delete from idempotency where actor in (select 'user:' || one from unnest(accounts) as one);
  update app_user set name_cipher = '', phone_cipher = null, phone_index = null, password_hash = null,
    totp_cipher = null, login = null, disabled_at = coalesce(disabled_at, moment) where id = any (accounts);
  delete from wish where person_id = asked;
  delete from offer_question where person_id = asked;
  delete from capacity_rating where person_id = asked;
  delete from person_skill where person_id = asked;
  delete from person_category where person_id = asked;
  delete from consent where person_id = asked;
  delete from matching_profile where pseudonym = (select pseudonym from person where id = asked);
  update offer set reason = '', accommodations = '{}' where person_id = asked;
  update person set name_cipher = '', identity_cipher = null, identity_index = null, phone_cipher = null,
    phone_index = null, pseudonym = successor, recommendations = false, erased_at = moment, version = version + 1
  where id = asked;
  return true;
end $function$;

CREATE OR REPLACE FUNCTION public.yupei_ids(what text)
 RETURNS bigint[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN COALESCE((string_to_array(NULLIF(current_setting(('yupei.'::text || what), true), ''::text), ','::text))::bigint[], '{}'::bigint[]);

CREATE OR REPLACE FUNCTION public.yupei_is(what text)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN COALESCE((what = ANY (string_to_array(NULLIF(current_setting('yupei.roles'::text, true), ''::text), ','::text))), false);

CREATE OR REPLACE FUNCTION public.yupei_offer_pseudonyms(asked bigint)
 RETURNS TABLE(offer_id bigint, pseudonym bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select o.id, p.pseudonym from offer o join person p on p.id = o.person_id
  where o.order_id = asked and yupei_order_in_hand(asked)
$function$;

CREATE OR REPLACE FUNCTION public.yupei_order_in_hand(order_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select exists (select from job_order j where j.id = $1 and (
    j.employer_id = any (yupei_ids('employers'))
    or exists (select from division_ancestor a where a.code = j.county and a.ancestor = any (yupei_areas()))))
$function$;

CREATE OR REPLACE FUNCTION public.yupei_person_in_hand(person_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select $1 = any (yupei_ids('persons')) or exists (
    select from person p join division_ancestor a on a.code = p.county
    where p.id = $1 and a.ancestor = any (yupei_areas()))
$function$;

CREATE OR REPLACE FUNCTION public.yupei_same_person(identity bytea, certificate bytea)
 RETURNS TABLE(person_id bigint, county text, name_cipher bytea, phone_index bytea, found_by text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select p.id, p.county, p.name_cipher, p.phone_index, 'identity' from person p
  where p.identity_index = identity and p.erased_at is null and yupei_user() is not null
  union
  select p.id, p.county, p.name_cipher, p.phone_index, 'certificate'
  from person_category c join person p on p.id = c.person_id
  where c.certificate_index = certificate and p.erased_at is null and yupei_user() is not null
$function$;

CREATE OR REPLACE FUNCTION public.yupei_scores_blind(case_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select exists (
    select from case_member m where m.case_id = $1 and m.user_id = yupei_user() and m.until is null
      and m.part in ('assessor', 'third_assessor'))
  and not exists (
    select from score_sheet s where s.case_id = $1 and s.assessor_id = yupei_user() and s.locked_at is not null)
$function$;

CREATE OR REPLACE FUNCTION public.yupei_scoring_is_over(case_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select yupei_sheets_locked($1) and exists (
    select from accreditation_case c where c.id = $1 and c.state not in ('scheduling', 'scoring'))
$function$;

CREATE OR REPLACE FUNCTION public.yupei_sees_case(case_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select exists (
    select from accreditation_case c where c.id = $1 and (
      c.base_id = any (yupei_ids('bases'))
      or exists (select from division_ancestor a where a.code = c.county and a.ancestor = any (yupei_areas()))
      or exists (select from case_member m where m.case_id = c.id and m.user_id = yupei_user() and m.until is null)
    ))
$function$;

CREATE OR REPLACE FUNCTION public.yupei_sheets_locked(case_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select not exists (select from score_sheet s where s.case_id = $1 and s.locked_at is null)
$function$;

CREATE OR REPLACE FUNCTION public.yupei_user()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('yupei.user'::text, true), ''::text))::bigint;

CREATE OR REPLACE FUNCTION public.yupei_writes_rubric(asked text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
  select (yupei_is('city_staff') or yupei_is('province_staff')) and exists (
    select from division_ancestor a where a.code = asked and a.ancestor = any (yupei_areas()))
$function$;

create table accreditation (
  id bigint not null generated always as identity,
  base_id bigint not null,
  county text not null,
  case_id bigint not null,
  level text not null,
  state text not null,
  plaque_number text not null,
  valid_from date not null,
  valid_to date not null,
  ended_at timestamp with time zone,
  outcome text,
  simulated boolean not null,
  constraint accreditation_base_id_fkey FOREIGN KEY (base_id) REFERENCES base(id),
  constraint accreditation_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint accreditation_check CHECK ((valid_to > valid_from)),
  constraint accreditation_check1 CHECK (((state = 'ended'::text) = (ended_at IS NOT NULL))),
  constraint accreditation_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint accreditation_level_check CHECK ((level = ANY (ARRAY['province'::text, 'city'::text]))),
  constraint accreditation_pkey PRIMARY KEY (id),
  constraint accreditation_plaque_number_key UNIQUE (plaque_number)
);
CREATE INDEX accreditation_county_state_idx ON public.accreditation USING btree (county, state);
CREATE UNIQUE INDEX one_live_accreditation_per_base ON public.accreditation USING btree (base_id) WHERE (state <> 'ended'::text);
grant INSERT, SELECT, UPDATE on accreditation to yupei_app;

create table accreditation_case (
  id bigint not null generated always as identity,
  base_id bigint not null,
  county text not null,
  kind text not null,
  decided_by text not null default 'province'::text,
  state text not null,
  outcome text,
  rubric_id text not null,
  rubric_version text not null,
  lifecycle_version text not null,
  opened_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  simulated boolean not null,
  version integer not null default 1,
  constraint accreditation_case_base_id_fkey FOREIGN KEY (base_id) REFERENCES base(id),
  constraint accreditation_case_check CHECK (((state = 'closed'::text) = (closed_at IS NOT NULL))),
  constraint accreditation_case_check1 CHECK (((outcome IS NULL) OR (state = ANY (ARRAY['closed'::text, 'appeal'::text])))),
  constraint accreditation_case_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint accreditation_case_decided_by_check CHECK ((decided_by = ANY (ARRAY['province'::text, 'city'::text]))),
  constraint accreditation_case_kind_check CHECK ((kind = ANY (ARRAY['admission'::text, 'annual_review'::text, 'renewal'::text, 'spot_check'::text]))),
  constraint accreditation_case_pkey PRIMARY KEY (id),
  constraint accreditation_case_rubric_id_rubric_version_fkey FOREIGN KEY (rubric_id, rubric_version) REFERENCES rubric(id, version)
);
alter table accreditation_case enable row level security;
CREATE INDEX accreditation_case_county_idx ON public.accreditation_case USING btree (county);
CREATE INDEX accreditation_case_state_idx ON public.accreditation_case USING btree (state);
CREATE UNIQUE INDEX one_open_case_per_base_and_kind ON public.accreditation_case USING btree (base_id, kind) WHERE (closed_at IS NULL);
create policy owner on accreditation_case for * to {yupei_owner} using (true) with check (true);
create policy seen on accreditation_case for * to {yupei_app} using (((base_id = ANY (yupei_ids('bases'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR (id IN ( SELECT m.case_id
   FROM case_member m
  WHERE ((m.user_id = yupei_user()) AND (m.until IS NULL)))))) with check (((base_id = ANY (yupei_ids('bases'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR (id IN ( SELECT m.case_id
   FROM case_member m
  WHERE ((m.user_id = yupei_user()) AND (m.until IS NULL))))));
grant INSERT, SELECT, UPDATE on accreditation_case to yupei_app;

create table accreditation_log (
  id bigint not null generated always as identity,
  accreditation_id bigint not null,
  at timestamp with time zone not null,
  actor bigint,
  actor_role text not null,
  lifecycle_version text not null,
  machine text not null default 'accreditation'::text,
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  detail jsonb not null,
  constraint accreditation_log_accreditation_id_fkey FOREIGN KEY (accreditation_id) REFERENCES accreditation(id),
  constraint accreditation_log_lifecycle_version_machine_source_event_t_fkey FOREIGN KEY (lifecycle_version, machine, source, event, target) REFERENCES lifecycle_move(version, machine, source, event, target),
  constraint accreditation_log_machine_check CHECK ((machine = 'accreditation'::text)),
  constraint accreditation_log_pkey PRIMARY KEY (id)
);
CREATE INDEX accreditation_log_accreditation_id_id_idx ON public.accreditation_log USING btree (accreditation_id, id);
CREATE TRIGGER accreditation_log_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.accreditation_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant INSERT, SELECT on accreditation_log to yupei_app;

create table allotment (
  run_id bigint not null,
  pseudonym bigint not null,
  order_id bigint not null,
  bin text not null,
  u integer not null,
  p integer not null,
  v integer not null,
  accommodations text[] not null,
  constraint allotment_bin_check CHECK ((bin = ANY (ARRAY['now'::text, 'accommodation'::text, 'training'::text]))),
  constraint allotment_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id),
  constraint allotment_pkey PRIMARY KEY (run_id, pseudonym),
  constraint allotment_run_id_fkey FOREIGN KEY (run_id) REFERENCES match_run(id)
);
alter table allotment enable row level security;
CREATE INDEX allotment_run_id_order_id_idx ON public.allotment USING btree (run_id, order_id);
create policy matcher on allotment for * to {yupei_matcher} using (true) with check (true);
create policy owner on allotment for * to {yupei_owner} using (true) with check (true);
create policy seen on allotment for * to {yupei_app} using ((yupei_order_in_hand(order_id) OR (pseudonym IN ( SELECT p.pseudonym
   FROM person p
  WHERE (p.id = ANY (yupei_ids('persons'::text))))))) with check ();
grant INSERT, SELECT on allotment to yupei_app;
grant INSERT, SELECT on allotment to yupei_matcher;

create table app_user (
  id bigint not null generated always as identity,
  login text,
  name_cipher bytea not null,
  phone_cipher bytea,
  phone_index bytea,
  password_hash text,
  totp_cipher bytea,
  totp_last_step bigint not null default 0,
  language text not null default 'zh'::text,
  simulated boolean not null,
  persona text,
  created_at timestamp with time zone not null,
  disabled_at timestamp with time zone,
  constraint app_user_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
  constraint app_user_login_check CHECK ((login = lower(login))),
  constraint app_user_login_key UNIQUE (login),
  constraint app_user_phone_index_key UNIQUE (phone_index),
  constraint app_user_pkey PRIMARY KEY (id)
);
CREATE INDEX app_user_persona_idx ON public.app_user USING btree (persona) WHERE (persona IS NOT NULL);
grant INSERT, SELECT, UPDATE on app_user to yupei_app;

create table assessor (
  user_id bigint not null,
  county text not null,
  fields text[] not null,
  active boolean not null,
  simulated boolean not null,
  constraint assessor_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint assessor_pkey PRIMARY KEY (user_id),
  constraint assessor_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id)
);
grant INSERT, SELECT, UPDATE on assessor to yupei_app;

create table assessor_tie (
  user_id bigint not null,
  base_id bigint not null,
  kind text not null,
  ended_on date,
  declared_at timestamp with time zone not null,
  constraint assessor_tie_base_id_fkey FOREIGN KEY (base_id) REFERENCES base(id),
  constraint assessor_tie_kind_check CHECK ((kind = ANY (ARRAY['employer'::text, 'kin'::text, 'share'::text, 'advice'::text, 'trainee'::text]))),
  constraint assessor_tie_pkey PRIMARY KEY (user_id, base_id, kind),
  constraint assessor_tie_user_id_fkey FOREIGN KEY (user_id) REFERENCES assessor(user_id)
);
grant INSERT, SELECT, UPDATE on assessor_tie to yupei_app;

create table audit_checkpoint (
  position bigint not null,
  hash bytea not null,
  signature bytea not null,
  sealed_at timestamp with time zone not null,
  constraint audit_checkpoint_pkey PRIMARY KEY ("position")
);
CREATE TRIGGER audit_checkpoint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant SELECT on audit_checkpoint to yupei_app;
grant INSERT, SELECT on audit_checkpoint to yupei_sealer;

create table audit_event (
  seq bigint not null generated always as identity,
  at timestamp with time zone not null,
  actor bigint,
  roles text not null,
  action text not null,
  object text not null,
  object_id text not null,
  area text,
  reason text not null,
  request_id text not null,
  detail jsonb not null,
  xid xid8 not null default pg_current_xact_id(),
  constraint audit_event_pkey PRIMARY KEY (seq)
);
alter table audit_event enable row level security;
CREATE INDEX audit_event_object_object_id_idx ON public.audit_event USING btree (object, object_id);
CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create policy about_me on audit_event for r to {yupei_app} using (((object = 'person'::text) AND (object_id = ANY ((yupei_ids('persons'::text))::text[])))) with check ();
create policy own on audit_event for * to {yupei_owner} using (true) with check (true);
create policy read on audit_event for r to {yupei_app} using ((yupei_is('auditor'::text) OR yupei_is('security_administrator'::text) OR (actor = yupei_user()))) with check ();
create policy seal on audit_event for r to {yupei_sealer} using (true) with check ();
create policy write on audit_event for a to {yupei_app} using () with check (true);
grant INSERT, SELECT on audit_event to yupei_app;
grant SELECT on audit_event to yupei_sealer;

create table audit_seal (
  position bigint not null,
  seq bigint not null,
  hash bytea not null,
  constraint audit_seal_pkey PRIMARY KEY ("position"),
  constraint audit_seal_position_check CHECK (("position" > 0)),
  constraint audit_seal_seq_fkey FOREIGN KEY (seq) REFERENCES audit_event(seq),
  constraint audit_seal_seq_key UNIQUE (seq)
);
CREATE TRIGGER audit_seal_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant SELECT on audit_seal to yupei_app;
grant INSERT, SELECT on audit_seal to yupei_sealer;

create table base (
  id bigint not null generated always as identity,
  name text not null,
  credit_code text not null,
  kind text not null,
  county text not null,
  address text not null,
  contact_name_cipher bytea,
  contact_phone_cipher bytea,
  operating_since date,
  trades text[] not null default '{}'::text[],
  capacity_per_year integer not null default 0,
  accessible jsonb not null default '{}'::jsonb,
  simulated boolean not null,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  constraint base_capacity_per_year_check CHECK ((capacity_per_year >= 0)),
  constraint base_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint base_credit_code_county_key UNIQUE (credit_code, county),
  constraint base_kind_check CHECK ((kind = ANY (ARRAY['enterprise'::text, 'university'::text, 'vocational_school'::text, 'training_institution'::text, 'special_school'::text, 'service_agency'::text, 'other'::text]))),
  constraint base_name_check CHECK ((name <> ''::text)),
  constraint base_pkey PRIMARY KEY (id)
);
alter table base enable row level security;
CREATE INDEX base_county_idx ON public.base USING btree (county);
CREATE TRIGGER base_is_of_one_hand BEFORE INSERT ON public.base FOR EACH ROW EXECUTE FUNCTION base_is_of_one_hand();
create policy change on base for w to {yupei_app} using ((id = ANY (yupei_ids('bases'::text)))) with check ((id = ANY (yupei_ids('bases'::text))));
create policy owner on base for * to {yupei_owner} using (true) with check (true);
create policy read on base for r to {yupei_app} using (true) with check ();
create policy register on base for a to {yupei_app} using () with check ((yupei_user() IS NOT NULL));
grant INSERT, SELECT, UPDATE on base to yupei_app;

create table base_year (
  base_id bigint not null,
  year integer not null,
  counts jsonb not null,
  simulated boolean not null,
  constraint base_year_base_id_fkey FOREIGN KEY (base_id) REFERENCES base(id),
  constraint base_year_pkey PRIMARY KEY (base_id, year)
);
alter table base_year enable row level security;
create policy owner on base_year for * to {yupei_owner} using (true) with check (true);
create policy seen on base_year for * to {yupei_app} using (((base_id = ANY (yupei_ids('bases'::text))) OR (base_id IN ( SELECT yupei_bases_below() AS yupei_bases_below)) OR (base_id IN ( SELECT yupei_bases_judged() AS yupei_bases_judged)))) with check (((base_id = ANY (yupei_ids('bases'::text))) OR (base_id IN ( SELECT yupei_bases_below() AS yupei_bases_below))));
grant INSERT, SELECT, UPDATE on base_year to yupei_app;

create table bootstrap_link (
  token_hash bytea not null,
  made_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint bootstrap_link_pkey PRIMARY KEY (token_hash)
);
grant INSERT, SELECT, UPDATE on bootstrap_link to yupei_app;

create table calendar_day (
  day date not null,
  working boolean not null,
  name text not null,
  source text not null,
  set_by bigint,
  set_at timestamp with time zone not null,
  constraint calendar_day_pkey PRIMARY KEY (day)
);
grant INSERT, SELECT, UPDATE on calendar_day to yupei_app;

create table capacity_rating (
  id bigint not null generated always as identity,
  person_id bigint not null,
  source text not null,
  basis text not null,
  rated_on date not null,
  rated_by bigint,
  levels_cipher bytea not null,
  made_at timestamp with time zone not null,
  constraint capacity_rating_basis_check CHECK ((basis = ANY (ARRAY['told'::text, 'seen'::text, 'measured'::text]))),
  constraint capacity_rating_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint capacity_rating_pkey PRIMARY KEY (id),
  constraint capacity_rating_rated_by_fkey FOREIGN KEY (rated_by) REFERENCES app_user(id),
  constraint capacity_rating_source_check CHECK ((source = ANY (ARRAY['self'::text, 'observer'::text, 'class'::text])))
);
alter table capacity_rating enable row level security;
CREATE INDEX capacity_rating_person_id_idx ON public.capacity_rating USING btree (person_id);
create policy owner on capacity_rating for * to {yupei_owner} using (true) with check (true);
create policy seen on capacity_rating for * to {yupei_app} using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
grant INSERT, SELECT on capacity_rating to yupei_app;

create table case_check (
  id bigint not null generated always as identity,
  case_id bigint not null,
  state text not null,
  what text not null,
  by_user bigint not null,
  at timestamp with time zone not null,
  clear boolean not null,
  note text not null,
  constraint case_check_by_user_fkey FOREIGN KEY (by_user) REFERENCES app_user(id),
  constraint case_check_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint case_check_pkey PRIMARY KEY (id),
  constraint case_check_what_check CHECK ((what = ANY (ARRAY['completeness'::text, 'vetoes'::text, 'premises'::text, 'recusal'::text, 'visit'::text, 'agreed'::text, 'rescored'::text])))
);
alter table case_check enable row level security;
CREATE INDEX case_check_case_id_idx ON public.case_check USING btree (case_id);
create policy owner on case_check for * to {yupei_owner} using (true) with check (true);
create policy seen on case_check for * to {yupei_app} using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
grant INSERT, SELECT on case_check to yupei_app;

create table case_log (
  id bigint not null generated always as identity,
  case_id bigint not null,
  at timestamp with time zone not null,
  actor bigint,
  actor_role text not null,
  lifecycle_version text not null,
  machine text not null default 'case'::text,
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  detail jsonb not null,
  constraint case_log_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint case_log_lifecycle_version_machine_source_event_target_fkey FOREIGN KEY (lifecycle_version, machine, source, event, target) REFERENCES lifecycle_move(version, machine, source, event, target),
  constraint case_log_machine_check CHECK ((machine = 'case'::text)),
  constraint case_log_pkey PRIMARY KEY (id)
);
alter table case_log enable row level security;
CREATE INDEX case_log_case_id_id_idx ON public.case_log USING btree (case_id, id);
CREATE TRIGGER case_log_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.case_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create policy owner on case_log for * to {yupei_owner} using (true) with check (true);
create policy seen on case_log for * to {yupei_app} using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
grant INSERT, SELECT on case_log to yupei_app;

create table case_member (
  case_id bigint not null,
  user_id bigint not null,
  part text not null,
  since timestamp with time zone not null,
  until timestamp with time zone,
  reason text not null,
  constraint case_member_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint case_member_part_check CHECK ((part = ANY (ARRAY['assessor'::text, 'third_assessor'::text, 'moderator'::text, 'panel'::text, 'review_group'::text, 'appeal'::text, 'adviser'::text]))),
  constraint case_member_pkey PRIMARY KEY (case_id, user_id, part, since),
  constraint case_member_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id)
);
alter table case_member enable row level security;
CREATE INDEX case_member_user_id_idx ON public.case_member USING btree (user_id) WHERE (until IS NULL);
CREATE TRIGGER case_member_keeps_apart BEFORE INSERT ON public.case_member FOR EACH ROW EXECUTE FUNCTION case_member_keeps_apart();
create policy appoint on case_member for a to {yupei_app} using () with check (yupei_appoints(case_id));
create policy owner on case_member for * to {yupei_owner} using (true) with check (true);
create policy release on case_member for w to {yupei_app} using (yupei_appoints(case_id)) with check (yupei_appoints(case_id));
create policy seen on case_member for r to {yupei_app} using (((user_id = yupei_user()) OR yupei_sees_case(case_id))) with check ();
grant INSERT, SELECT, UPDATE on case_member to yupei_app;

create table case_result (
  case_id bigint not null,
  stage text not null,
  total numeric not null,
  grade text not null,
  minima_met boolean not null,
  vetoes text[] not null,
  sections jsonb not null,
  settled_at timestamp with time zone not null,
  constraint case_result_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint case_result_pkey PRIMARY KEY (case_id)
);
alter table case_result enable row level security;
create policy owner on case_result for * to {yupei_owner} using (true) with check (true);
create policy seen on case_result for * to {yupei_app} using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
grant INSERT, SELECT, UPDATE on case_result to yupei_app;

create table class_record (
  id bigint not null generated always as identity,
  base_id bigint not null,
  county text not null,
  trade text not null,
  kind text not null,
  order_id bigint,
  starts_on date not null,
  ends_on date not null,
  entered_on date,
  counts jsonb not null,
  simulated boolean not null,
  constraint class_record_base_id_fkey FOREIGN KEY (base_id) REFERENCES base(id),
  constraint class_record_check CHECK ((ends_on >= starts_on)),
  constraint class_record_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint class_record_kind_check CHECK ((kind = ANY (ARRAY['in_post'::text, 'order'::text, 're_employment'::text, 'start_up'::text, 'rural'::text, 'brand'::text, 'provincial'::text]))),
  constraint class_record_pkey PRIMARY KEY (id)
);
alter table class_record enable row level security;
CREATE INDEX class_record_base_id_ends_on_idx ON public.class_record USING btree (base_id, ends_on);
create policy owner on class_record for * to {yupei_owner} using (true) with check (true);
create policy seen on class_record for * to {yupei_app} using (((base_id = ANY (yupei_ids('bases'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR (base_id IN ( SELECT yupei_bases_judged() AS yupei_bases_judged)))) with check ((((base_id = ANY (yupei_ids('bases'::text))) OR (base_id IN ( SELECT yupei_bases_below() AS yupei_bases_below))) AND (county = ( SELECT b.county
   FROM base b
  WHERE (b.id = class_record.base_id)))));
grant INSERT, SELECT, UPDATE on class_record to yupei_app;

create table clock (
  id bigint not null generated always as identity,
  case_id bigint,
  accreditation_id bigint,
  event text not null,
  started_on date not null,
  n integer not null,
  unit text not null,
  due_on date not null,
  fires boolean not null,
  calendar_known boolean not null,
  stopped_at timestamp with time zone,
  constraint clock_accreditation_id_fkey FOREIGN KEY (accreditation_id) REFERENCES accreditation(id),
  constraint clock_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint clock_check CHECK ((num_nonnulls(case_id, accreditation_id) = 1)),
  constraint clock_n_check CHECK ((n > 0)),
  constraint clock_pkey PRIMARY KEY (id),
  constraint clock_unit_check CHECK ((unit = ANY (ARRAY['calendar_days'::text, 'working_days'::text, 'months'::text])))
);
CREATE INDEX clock_case_id_idx ON public.clock USING btree (case_id) WHERE (stopped_at IS NULL);
CREATE INDEX clock_due_on_idx ON public.clock USING btree (due_on) WHERE (stopped_at IS NULL);
grant INSERT, SELECT, UPDATE on clock to yupei_app;

create table consent (
  person_id bigint not null,
  purpose text not null,
  text_version text not null,
  given_at timestamp with time zone not null,
  withdrawn_at timestamp with time zone,
  given_through text not null,
  constraint consent_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint consent_pkey PRIMARY KEY (person_id, purpose, given_at),
  constraint consent_purpose_check CHECK ((purpose = ANY (ARRAY['matching'::text, 'show_to_employer'::text, 'category_to_employer'::text, 'publicity'::text])))
);
alter table consent enable row level security;
CREATE UNIQUE INDEX one_live_consent ON public.consent USING btree (person_id, purpose) WHERE (withdrawn_at IS NULL);
CREATE TRIGGER consent_withdrawn AFTER UPDATE OF withdrawn_at ON public.consent FOR EACH ROW WHEN (((new.purpose = 'matching'::text) AND (new.withdrawn_at IS NOT NULL))) EXECUTE FUNCTION consent_withdrawn();
create policy owner on consent for * to {yupei_owner} using (true) with check (true);
create policy seen on consent for * to {yupei_app} using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
grant INSERT, SELECT, UPDATE on consent to yupei_app;

create table coverage_gap (
  id bigint not null generated always as identity,
  county text not null,
  opened_at timestamp with time zone not null,
  cause text not null,
  plan text not null default ''::text,
  plan_due_on date,
  closed_at timestamp with time zone,
  constraint coverage_gap_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint coverage_gap_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX one_open_gap_per_county ON public.coverage_gap USING btree (county) WHERE (closed_at IS NULL);
grant INSERT, SELECT, UPDATE on coverage_gap to yupei_app;

create table demonstration (
  accreditation_id bigint not null,
  state text not null,
  score numeric,
  bonus numeric not null default 0,
  since timestamp with time zone not null,
  constraint demonstration_accreditation_id_fkey FOREIGN KEY (accreditation_id) REFERENCES accreditation(id),
  constraint demonstration_pkey PRIMARY KEY (accreditation_id)
);
grant INSERT, SELECT, UPDATE on demonstration to yupei_app;

create table demonstration_log (
  id bigint not null generated always as identity,
  accreditation_id bigint not null,
  at timestamp with time zone not null,
  actor bigint,
  actor_role text not null,
  lifecycle_version text not null,
  machine text not null default 'demonstration'::text,
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  detail jsonb not null,
  constraint demonstration_log_accreditation_id_fkey FOREIGN KEY (accreditation_id) REFERENCES accreditation(id),
  constraint demonstration_log_lifecycle_version_machine_source_event_t_fkey FOREIGN KEY (lifecycle_version, machine, source, event, target) REFERENCES lifecycle_move(version, machine, source, event, target),
  constraint demonstration_log_machine_check CHECK ((machine = 'demonstration'::text)),
  constraint demonstration_log_pkey PRIMARY KEY (id)
);
CREATE TRIGGER demonstration_log_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.demonstration_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant INSERT, SELECT on demonstration_log to yupei_app;

create table division (
  code text not null,
  name text not null,
  level text not null,
  kind text not null,
  lat numeric(7,4),
  lon numeric(7,4),
  tile_row integer,
  tile_col integer,
  counts_toward_coverage boolean not null,
  valid_from date,
  constraint division_code_check CHECK ((code ~ '^[0-9]{6}$'::text)),
  constraint division_level_check CHECK ((level = ANY (ARRAY['province'::text, 'city'::text, 'county'::text, 'zone'::text]))),
  constraint division_pkey PRIMARY KEY (code),
  constraint division_tile_row_tile_col_key UNIQUE (tile_row, tile_col)
);
grant SELECT on division to yupei_app;
grant SELECT on division to yupei_matcher;

create table division_ancestor (
  code text not null,
  ancestor text not null,
  constraint division_ancestor_ancestor_fkey FOREIGN KEY (ancestor) REFERENCES division(code),
  constraint division_ancestor_code_fkey FOREIGN KEY (code) REFERENCES division(code),
  constraint division_ancestor_pkey PRIMARY KEY (code, ancestor)
);
CREATE INDEX division_ancestor_ancestor_code_idx ON public.division_ancestor USING btree (ancestor, code);
grant SELECT on division_ancestor to yupei_app;
grant SELECT on division_ancestor to yupei_matcher;

create table division_predecessor (
  predecessor text not null,
  code text not null,
  constraint division_predecessor_code_fkey FOREIGN KEY (code) REFERENCES division(code),
  constraint division_predecessor_pkey PRIMARY KEY (predecessor, code),
  constraint division_predecessor_predecessor_check CHECK ((predecessor ~ '^[0-9]{6}$'::text))
);
grant SELECT on division_predecessor to yupei_app;

create table document (
  id bigint not null generated always as identity,
  case_id bigint not null,
  kind text not null,
  item_id text,
  title text not null,
  media_type text not null,
  size_bytes bigint not null,
  sha256 text not null,
  uploaded_by bigint not null,
  uploaded_at timestamp with time zone not null,
  constraint document_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint document_pkey PRIMARY KEY (id),
  constraint document_size_bytes_check CHECK ((size_bytes > 0)),
  constraint document_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES app_user(id)
);
alter table document enable row level security;
CREATE INDEX document_case_id_idx ON public.document USING btree (case_id);
create policy owner on document for * to {yupei_owner} using (true) with check (true);
create policy seen on document for * to {yupei_app} using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
grant INSERT, SELECT, UPDATE on document to yupei_app;

create table draw (
  id bigint not null generated always as identity,
  case_id bigint not null,
  number integer not null,
  commitment text not null,
  committed_at timestamp with time zone not null,
  seed_cipher bytea not null,
  seed text,
  pool jsonb,
  pool_hash text,
  picked bigint[],
  excluded jsonb,
  drawn_at timestamp with time zone,
  reason text not null,
  constraint draw_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint draw_case_id_number_key UNIQUE (case_id, number),
  constraint draw_check CHECK ((num_nonnulls(seed, pool, pool_hash, picked, drawn_at) = ANY (ARRAY[0, 5]))),
  constraint draw_pkey PRIMARY KEY (id)
);
alter table draw enable row level security;
create policy owner on draw for * to {yupei_owner} using (true) with check (true);
create policy seen on draw for * to {yupei_app} using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
grant INSERT, SELECT, UPDATE on draw to yupei_app;

create table employer (
  id bigint not null generated always as identity,
  name text not null,
  credit_code text not null,
  county text not null,
  address text not null default ''::text,
  staff integer,
  staff_counted integer,
  verified_at timestamp with time zone,
  verified_by bigint,
  simulated boolean not null,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  contact_name_cipher bytea,
  contact_phone_cipher bytea,
  contact_phone_index bytea,
  constraint employer_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint employer_credit_code_key UNIQUE (credit_code),
  constraint employer_name_check CHECK ((name <> ''::text)),
  constraint employer_pkey PRIMARY KEY (id),
  constraint employer_staff_check CHECK ((staff > 0)),
  constraint employer_staff_counted_check CHECK ((staff_counted >= 0)),
  constraint employer_verified_by_fkey FOREIGN KEY (verified_by) REFERENCES app_user(id)
);
alter table employer enable row level security;
CREATE INDEX employer_address_idx ON public.employer USING btree (address) WHERE (address <> ''::text);
CREATE INDEX employer_contact_phone_index_idx ON public.employer USING btree (contact_phone_index) WHERE (contact_phone_index IS NOT NULL);
CREATE INDEX employer_county_idx ON public.employer USING btree (county);
CREATE TRIGGER employer_verified_by_county BEFORE INSERT OR UPDATE ON public.employer FOR EACH ROW EXECUTE FUNCTION employer_verified_by_county();
create policy change on employer for w to {yupei_app} using (((id = ANY (yupei_ids('employers'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))))) with check (((id = ANY (yupei_ids('employers'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas()))))));
create policy owner on employer for * to {yupei_owner} using (true) with check (true);
create policy read on employer for r to {yupei_app} using (true) with check ();
create policy register on employer for a to {yupei_app} using () with check ((yupei_user() IS NOT NULL));
grant INSERT, SELECT, UPDATE on employer to yupei_app;

create table employer_check (
  id bigint not null generated always as identity,
  employer_id bigint not null,
  at timestamp with time zone not null,
  by_user bigint,
  what text not null,
  clear boolean not null,
  note text not null,
  constraint employer_check_by_user_fkey FOREIGN KEY (by_user) REFERENCES app_user(id),
  constraint employer_check_check CHECK ((clear OR (note <> ''::text))),
  constraint employer_check_employer_id_fkey FOREIGN KEY (employer_id) REFERENCES employer(id),
  constraint employer_check_pkey PRIMARY KEY (id),
  constraint employer_check_what_check CHECK ((what = ANY (ARRAY['credit_code'::text, 'licence'::text, 'contact'::text, 'affiliation'::text])))
);
alter table employer_check enable row level security;
CREATE INDEX employer_check_employer_id_idx ON public.employer_check USING btree (employer_id);
CREATE TRIGGER employer_check_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.employer_check FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create policy county on employer_check for a to {yupei_app} using () with check (yupei_employer_in_hand(employer_id));
create policy owner on employer_check for * to {yupei_owner} using (true) with check (true);
create policy seen on employer_check for r to {yupei_app} using (((employer_id = ANY (yupei_ids('employers'::text))) OR yupei_employer_in_hand(employer_id))) with check ();
grant INSERT, SELECT on employer_check to yupei_app;

create table exposure (
  run_id bigint not null,
  pseudonym bigint not null,
  order_id bigint not null,
  card text not null,
  rank integer not null,
  propensity numeric(6,5) not null,
  wishes smallint[] not null,
  prospects smallint[] not null,
  constraint exposure_card_check CHECK ((card ~ '^card-[0-9a-f]{12}$'::text)),
  constraint exposure_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id),
  constraint exposure_pkey PRIMARY KEY (run_id, pseudonym),
  constraint exposure_propensity_check CHECK (((propensity > (0)::numeric) AND (propensity <= (1)::numeric))),
  constraint exposure_prospects_check CHECK (((cardinality(prospects) = 5) AND (0 <= ALL (prospects)))),
  constraint exposure_rank_check CHECK ((rank >= 1)),
  constraint exposure_run_id_pseudonym_fkey FOREIGN KEY (run_id, pseudonym) REFERENCES allotment(run_id, pseudonym),
  constraint exposure_wishes_check CHECK (((cardinality(wishes) = 6) AND (0 <= ALL (wishes))))
);
alter table exposure enable row level security;
CREATE TRIGGER exposure_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.exposure FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create policy learner on exposure for r to {yupei_app} using (yupei_is('system'::text)) with check ();
create policy matcher on exposure for a to {yupei_matcher} using () with check (true);
create policy owner on exposure for * to {yupei_owner} using (true) with check (true);
grant SELECT on exposure to yupei_app;
grant INSERT on exposure to yupei_matcher;

create table final_item (
  case_id bigint not null,
  item_id text not null,
  measure jsonb,
  not_applicable boolean not null default false,
  origin text not null,
  reason text not null,
  constraint final_item_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint final_item_origin_check CHECK ((origin = ANY (ARRAY['agreed'::text, 'moderated'::text, 'median'::text, 'records'::text]))),
  constraint final_item_pkey PRIMARY KEY (case_id, item_id)
);
alter table final_item enable row level security;
create policy owner on final_item for * to {yupei_owner} using (true) with check (true);
create policy seen on final_item for * to {yupei_app} using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
grant INSERT, SELECT, UPDATE on final_item to yupei_app;

create table finding (
  id bigint not null generated always as identity,
  case_id bigint not null,
  item_id text,
  severity text not null,
  text text not null,
  due_on date,
  closed_at timestamp with time zone,
  constraint finding_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint finding_pkey PRIMARY KEY (id),
  constraint finding_severity_check CHECK ((severity = ANY (ARRAY['deficiency'::text, 'weakness'::text, 'concern'::text]))),
  constraint finding_text_check CHECK ((text <> ''::text))
);
alter table finding enable row level security;
create policy owner on finding for * to {yupei_owner} using (true) with check (true);
create policy seen on finding for * to {yupei_app} using (yupei_sees_case(case_id)) with check (yupei_sees_case(case_id));
grant INSERT, SELECT, UPDATE on finding to yupei_app;

create table idempotency (
  actor text not null,
  key text not null,
  route text not null,
  request_hash bytea not null,
  status integer,
  location text,
  body bytea,
  content_type text,
  made_at timestamp with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (actor, key)
);
grant DELETE, INSERT, SELECT, UPDATE on idempotency to yupei_app;

create table job_order (
  id bigint not null generated always as identity,
  number text not null,
  employer_id bigint not null,
  county text not null,
  title text not null,
  trade text,
  occupation_code text,
  seats integer not null,
  taken integer not null default 0,
  min_headcount integer not null default 1,
  work_type text not null,
  address text not null default ''::text,
  wage_min integer not null,
  wage_max integer not null,
  wage_basis text not null,
  contract_months integer not null,
  insurance text[] not null,
  dorm text not null,
  shift text not null,
  education_min integer,
  education_reason text not null default ''::text,
  trains jsonb not null default '{}'::jsonb,
  base_id bigint,
  class_starts date,
  class_ends date,
  starts_on date not null,
  deadline date not null,
  state text not null,
  simulated boolean not null,
  version integer not null default 1,
  created_by bigint,
  created_at timestamp with time zone not null,
  constraint job_order_base_id_fkey FOREIGN KEY (base_id) REFERENCES base(id),
  constraint job_order_check CHECK (((taken >= 0) AND (taken <= seats))),
  constraint job_order_check1 CHECK ((wage_max >= wage_min)),
  constraint job_order_check2 CHECK (((min_headcount >= 1) AND (min_headcount <= seats))),
  constraint job_order_contract_months_check CHECK (((contract_months >= 1) AND (contract_months <= 120))),
  constraint job_order_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint job_order_created_by_fkey FOREIGN KEY (created_by) REFERENCES app_user(id),
  constraint job_order_dorm_check CHECK ((dorm = ANY (ARRAY['none'::text, 'yes'::text, 'accessible'::text]))),
  constraint job_order_employer_id_fkey FOREIGN KEY (employer_id) REFERENCES employer(id),
  constraint job_order_number_key UNIQUE (number),
  constraint job_order_pkey PRIMARY KEY (id),
  constraint job_order_seats_check CHECK (((seats >= 1) AND (seats <= 2000))),
  constraint job_order_shift_check CHECK ((shift = ANY (ARRAY['day'::text, 'rotating'::text, 'night'::text, 'flexible'::text]))),
  constraint job_order_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'returned'::text, 'open'::text, 'closed'::text, 'cancelled'::text]))),
  constraint job_order_title_check CHECK ((title <> ''::text)),
  constraint job_order_wage_basis_check CHECK ((wage_basis = ANY (ARRAY['month'::text, 'hour'::text, 'piece'::text]))),
  constraint job_order_wage_min_check CHECK ((wage_min > 0)),
  constraint job_order_work_type_check CHECK ((work_type = ANY (ARRAY['on_site'::text, 'home'::text, 'hybrid'::text])))
);
alter table job_order enable row level security;
CREATE INDEX job_order_county_state_idx ON public.job_order USING btree (county, state);
CREATE INDEX job_order_employer_id_idx ON public.job_order USING btree (employer_id);
CREATE TRIGGER tell_market AFTER INSERT OR UPDATE OF state, county, trade, occupation_code, seats, min_headcount, work_type, wage_min, wage_basis, contract_months, insurance, dorm, shift, education_min, education_reason, trains, class_starts, starts_on, deadline ON public.job_order FOR EACH ROW EXECUTE FUNCTION tell_market();
create policy matcher on job_order for r to {yupei_matcher} using ((state = 'open'::text)) with check ();
create policy owner on job_order for * to {yupei_owner} using (true) with check (true);
create policy seen on job_order for * to {yupei_app} using (((state = ANY (ARRAY['open'::text, 'closed'::text])) OR (employer_id = ANY (yupei_ids('employers'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR (id IN ( SELECT o.order_id
   FROM offer o
  WHERE (o.person_id = ANY (yupei_ids('persons'::text))))))) with check (((employer_id = ANY (yupei_ids('employers'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR (yupei_ids('persons'::text) <> '{}'::bigint[])));
grant INSERT, SELECT, UPDATE on job_order to yupei_app;
grant SELECT on job_order to yupei_matcher;

create table job_run (
  job text not null,
  slot timestamp with time zone not null,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  result jsonb,
  constraint job_run_pkey PRIMARY KEY (job, slot)
);
grant INSERT, SELECT, UPDATE on job_run to yupei_app;

create table lifecycle_move (
  version text not null,
  machine text not null,
  source text not null,
  event text not null,
  target text not null,
  constraint lifecycle_move_machine_check CHECK ((machine = ANY (ARRAY['case'::text, 'accreditation'::text, 'demonstration'::text]))),
  constraint lifecycle_move_pkey PRIMARY KEY (version, machine, source, event, target)
);
grant INSERT, SELECT on lifecycle_move to yupei_app;

create table match_run (
  id bigint not null generated always as identity,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  people integer not null,
  orders integer not null,
  seats integer not null,
  filled integer not null,
  value bigint not null,
  bound bigint not null,
  gap numeric not null,
  passes integer not null,
  seconds numeric not null,
  bins jsonb not null,
  scorecard text not null,
  confirmed_at timestamp with time zone,
  confirmed_by bigint,
  simulated boolean not null,
  constraint match_run_confirmed_by_fkey FOREIGN KEY (confirmed_by) REFERENCES app_user(id),
  constraint match_run_pkey PRIMARY KEY (id)
);
grant INSERT, SELECT, UPDATE on match_run to yupei_app;
grant INSERT, SELECT, UPDATE on match_run to yupei_matcher;

create table matching_profile (
  pseudonym bigint not null,
  county text not null,
  sealed bytea not null,
  key_id text not null,
  available_from date not null,
  may_work_from date not null,
  waiting_since date not null,
  active boolean not null,
  changed_at timestamp with time zone not null,
  bucket integer not null default ((pseudonym % (1024)::bigint))::integer,
  constraint matching_profile_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint matching_profile_pkey PRIMARY KEY (pseudonym),
  constraint matching_profile_pseudonym_fkey FOREIGN KEY (pseudonym) REFERENCES person(pseudonym) ON DELETE CASCADE
);
alter table matching_profile enable row level security;
CREATE INDEX matching_profile_bucket_idx ON public.matching_profile USING btree (bucket) WHERE active;
CREATE TRIGGER market_needs_consent BEFORE INSERT OR UPDATE OF active ON public.matching_profile FOR EACH ROW EXECUTE FUNCTION market_needs_consent();
CREATE TRIGGER tell_market AFTER INSERT OR DELETE OR UPDATE ON public.matching_profile FOR EACH ROW EXECUTE FUNCTION tell_market();
create policy matcher on matching_profile for r to {yupei_matcher} using (active) with check ();
create policy owner on matching_profile for * to {yupei_owner} using (true) with check (true);
create policy seen on matching_profile for * to {yupei_app} using (((county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR (pseudonym IN ( SELECT p.pseudonym
   FROM person p
  WHERE (p.id = ANY (yupei_ids('persons'::text))))))) with check (((county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR (pseudonym IN ( SELECT p.pseudonym
   FROM person p
  WHERE (p.id = ANY (yupei_ids('persons'::text)))))));
grant INSERT, SELECT, UPDATE on matching_profile to yupei_app;
grant SELECT on matching_profile to yupei_matcher;

create table objection (
  id bigint not null generated always as identity,
  notice_id bigint not null,
  objector_cipher bytea,
  text text not null,
  evidence text not null,
  at timestamp with time zone not null,
  answered_at timestamp with time zone,
  upheld boolean,
  answer text,
  answered_by bigint,
  constraint objection_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES app_user(id),
  constraint objection_check CHECK (((objector_cipher IS NOT NULL) OR (evidence <> ''::text))),
  constraint objection_notice_id_fkey FOREIGN KEY (notice_id) REFERENCES public_notice(id),
  constraint objection_pkey PRIMARY KEY (id),
  constraint objection_text_check CHECK ((text <> ''::text))
);
alter table objection enable row level security;
create policy file on objection for a to {yupei_app} using () with check (true);
create policy owner on objection for * to {yupei_owner} using (true) with check (true);
create policy review on objection for * to {yupei_app} using ((yupei_is('system'::text) OR (EXISTS ( SELECT
   FROM (public_notice n
     JOIN case_member m ON ((m.case_id = n.case_id)))
  WHERE ((n.id = objection.notice_id) AND (m.user_id = yupei_user()) AND (m.part = 'review_group'::text) AND (m.until IS NULL)))))) with check ();
grant INSERT, SELECT, UPDATE on objection to yupei_app;

create table occupation_alias (
  code text not null,
  name text not null,
  alias text not null,
  constraint occupation_alias_code_name_fkey FOREIGN KEY (code, name) REFERENCES occupation_code(code, name),
  constraint occupation_alias_pkey PRIMARY KEY (code, name, alias)
);
grant SELECT on occupation_alias to yupei_app;

create table occupation_code (
  code text not null,
  name text not null,
  level integer not null,
  marks text not null,
  constraint occupation_code_pkey PRIMARY KEY (code, name)
);
grant SELECT on occupation_code to yupei_app;
grant SELECT on occupation_code to yupei_matcher;

create table offer (
  id bigint not null generated always as identity,
  run_id bigint,
  order_id bigint not null,
  person_id bigint not null,
  state text not null,
  holds_seat boolean not null,
  bin text not null,
  accommodations text[] not null,
  reserved_at timestamp with time zone not null,
  reserved_until timestamp with time zone not null,
  answered_at timestamp with time zone,
  reason text not null default ''::text,
  simulated boolean not null,
  version integer not null default 1,
  constraint offer_check CHECK ((holds_seat = (state = ANY (ARRAY['reserved'::text, 'accepted'::text, 'hired'::text])))),
  constraint offer_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id),
  constraint offer_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint offer_pkey PRIMARY KEY (id),
  constraint offer_run_id_fkey FOREIGN KEY (run_id) REFERENCES match_run(id),
  constraint offer_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'accepted'::text, 'declined'::text, 'lapsed'::text, 'withdrawn'::text, 'not_hired'::text, 'hired'::text])))
);
alter table offer enable row level security;
CREATE INDEX offer_person_id_idx ON public.offer USING btree (person_id);
CREATE INDEX offer_reserved_until_idx ON public.offer USING btree (reserved_until) WHERE (state = 'reserved'::text);
CREATE UNIQUE INDEX one_live_offer_per_pair ON public.offer USING btree (order_id, person_id) WHERE holds_seat;
CREATE UNIQUE INDEX one_seat_per_person ON public.offer USING btree (person_id) WHERE holds_seat;
create policy owner on offer for * to {yupei_owner} using (true) with check (true);
create policy seen on offer for * to {yupei_app} using ((yupei_person_in_hand(person_id) OR yupei_order_in_hand(order_id))) with check ((yupei_person_in_hand(person_id) OR yupei_order_in_hand(order_id)));
grant INSERT, SELECT, UPDATE on offer to yupei_app;

create table offer_question (
  id bigint not null generated always as identity,
  person_id bigint not null,
  order_id bigint not null,
  text text not null,
  at timestamp with time zone not null,
  answer text,
  answered_at timestamp with time zone,
  answered_by bigint,
  constraint offer_question_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES app_user(id),
  constraint offer_question_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id),
  constraint offer_question_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint offer_question_pkey PRIMARY KEY (id),
  constraint offer_question_text_check CHECK ((text <> ''::text))
);
alter table offer_question enable row level security;
create policy owner on offer_question for * to {yupei_owner} using (true) with check (true);
create policy seen on offer_question for * to {yupei_app} using ((yupei_person_in_hand(person_id) OR yupei_order_in_hand(order_id))) with check ((yupei_person_in_hand(person_id) OR yupei_order_in_hand(order_id)));
grant INSERT, SELECT, UPDATE on offer_question to yupei_app;

create table one_time_code (
  id bigint not null generated always as identity,
  phone_index bytea not null,
  request_hash bytea not null,
  code_hash bytea not null,
  sent_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  tries integer not null default 0,
  used_at timestamp with time zone,
  constraint one_time_code_pkey PRIMARY KEY (id),
  constraint one_time_code_request_hash_key UNIQUE (request_hash)
);
CREATE INDEX one_time_code_phone_index_sent_at_idx ON public.one_time_code USING btree (phone_index, sent_at);
grant DELETE, INSERT, SELECT, UPDATE on one_time_code to yupei_app;

create table order_accommodation (
  order_id bigint not null,
  accommodation text not null,
  stance text not null,
  reason text not null,
  constraint order_accommodation_check CHECK (((stance <> 'refused'::text) OR (reason <> ''::text))),
  constraint order_accommodation_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id) ON DELETE CASCADE,
  constraint order_accommodation_pkey PRIMARY KEY (order_id, accommodation),
  constraint order_accommodation_stance_check CHECK ((stance = ANY (ARRAY['offered'::text, 'secured'::text, 'refused'::text])))
);
alter table order_accommodation enable row level security;
create policy matcher on order_accommodation for r to {yupei_matcher} using ((EXISTS ( SELECT
   FROM job_order j
  WHERE (j.id = order_accommodation.order_id)))) with check ();
create policy owner on order_accommodation for * to {yupei_owner} using (true) with check (true);
create policy seen on order_accommodation for * to {yupei_app} using ((EXISTS ( SELECT
   FROM job_order j
  WHERE (j.id = order_accommodation.order_id)))) with check (yupei_order_in_hand(order_id));
grant DELETE, INSERT, SELECT, UPDATE on order_accommodation to yupei_app;
grant SELECT on order_accommodation to yupei_matcher;

create table order_demand (
  order_id bigint not null,
  dimension text not null,
  level integer not null,
  essential boolean not null,
  reason text not null,
  constraint order_demand_check CHECK (((NOT essential) OR (reason <> ''::text))),
  constraint order_demand_level_check CHECK (((level >= 0) AND (level <= 4))),
  constraint order_demand_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id) ON DELETE CASCADE,
  constraint order_demand_pkey PRIMARY KEY (order_id, dimension)
);
alter table order_demand enable row level security;
create policy matcher on order_demand for r to {yupei_matcher} using ((EXISTS ( SELECT
   FROM job_order j
  WHERE (j.id = order_demand.order_id)))) with check ();
create policy owner on order_demand for * to {yupei_owner} using (true) with check (true);
create policy seen on order_demand for * to {yupei_app} using ((EXISTS ( SELECT
   FROM job_order j
  WHERE (j.id = order_demand.order_id)))) with check (yupei_order_in_hand(order_id));
grant DELETE, INSERT, SELECT, UPDATE on order_demand to yupei_app;
grant SELECT on order_demand to yupei_matcher;

create table order_log (
  id bigint not null generated always as identity,
  order_id bigint not null,
  at timestamp with time zone not null,
  actor bigint,
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  constraint order_log_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id),
  constraint order_log_pkey PRIMARY KEY (id),
  constraint order_log_source_event_target_fkey FOREIGN KEY (source, event, target) REFERENCES order_move(source, event, target)
);
alter table order_log enable row level security;
CREATE TRIGGER order_log_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.order_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create policy owner on order_log for * to {yupei_owner} using (true) with check (true);
create policy seen on order_log for * to {yupei_app} using ((EXISTS ( SELECT
   FROM job_order j
  WHERE (j.id = order_log.order_id)))) with check (yupei_order_in_hand(order_id));
grant INSERT, SELECT on order_log to yupei_app;

create table order_move (
  source text not null,
  event text not null,
  target text not null,
  constraint order_move_pkey PRIMARY KEY (source, event, target)
);
grant SELECT on order_move to yupei_app;

create table order_skill (
  order_id bigint not null,
  code text not null,
  level integer not null,
  required boolean not null,
  taught boolean not null,
  constraint order_skill_level_check CHECK (((level >= 0) AND (level <= 6))),
  constraint order_skill_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id) ON DELETE CASCADE,
  constraint order_skill_pkey PRIMARY KEY (order_id, code)
);
alter table order_skill enable row level security;
create policy matcher on order_skill for r to {yupei_matcher} using ((EXISTS ( SELECT
   FROM job_order j
  WHERE (j.id = order_skill.order_id)))) with check ();
create policy owner on order_skill for * to {yupei_owner} using (true) with check (true);
create policy seen on order_skill for * to {yupei_app} using ((EXISTS ( SELECT
   FROM job_order j
  WHERE (j.id = order_skill.order_id)))) with check (yupei_order_in_hand(order_id));
grant DELETE, INSERT, SELECT, UPDATE on order_skill to yupei_app;
grant SELECT on order_skill to yupei_matcher;

create table person (
  id bigint not null generated always as identity,
  pseudonym bigint not null,
  county text not null,
  name_cipher bytea not null,
  identity_cipher bytea,
  identity_index bytea,
  phone_cipher bytea,
  phone_index bytea,
  registered_by text not null,
  registered_at timestamp with time zone not null,
  recommendations boolean not null default true,
  simulated boolean not null,
  version integer not null default 1,
  erased_at timestamp with time zone,
  constraint person_county_fkey FOREIGN KEY (county) REFERENCES division(code),
  constraint person_identity_index_key UNIQUE (identity_index),
  constraint person_pkey PRIMARY KEY (id),
  constraint person_pseudonym_key UNIQUE (pseudonym),
  constraint person_registered_by_check CHECK ((registered_by = ANY (ARRAY['self'::text, 'staff'::text, 'import'::text, 'simulator'::text])))
);
alter table person enable row level security;
CREATE INDEX person_county_idx ON public.person USING btree (county);
CREATE INDEX person_phone_index_idx ON public.person USING btree (phone_index);
create policy owner on person for * to {yupei_owner} using (true) with check (true);
create policy seen on person for * to {yupei_app} using (((erased_at IS NULL) AND ((id = ANY (yupei_ids('persons'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas())))) OR ((id IN ( SELECT o.person_id
   FROM (offer o
     JOIN job_order j ON ((j.id = o.order_id)))
  WHERE ((o.state = ANY (ARRAY['accepted'::text, 'hired'::text])) AND (j.employer_id = ANY (yupei_ids('employers'::text)))))) AND yupei_consents(id, 'show_to_employer'::text))))) with check (((id = ANY (yupei_ids('persons'::text))) OR (county IN ( SELECT division_ancestor.code
   FROM division_ancestor
  WHERE (division_ancestor.ancestor = ANY (yupei_areas()))))));
grant INSERT, SELECT, UPDATE on person to yupei_app;

create table person_category (
  person_id bigint not null,
  certified_on date not null,
  categories_cipher bytea not null,
  certificate_cipher bytea not null,
  certificate_index bytea not null,
  constraint person_category_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint person_category_pkey PRIMARY KEY (person_id, certified_on)
);
alter table person_category enable row level security;
CREATE INDEX person_category_certificate_index_idx ON public.person_category USING btree (certificate_index);
create policy owner on person_category for * to {yupei_owner} using (true) with check (true);
create policy seen on person_category for * to {yupei_app} using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
grant INSERT, SELECT, UPDATE on person_category to yupei_app;

create table person_skill (
  id bigint not null generated always as identity,
  person_id bigint not null,
  occupation text not null,
  kind text not null,
  level integer not null,
  issuer text not null default ''::text,
  number_cipher bytea,
  issued_on date,
  added_at timestamp with time zone not null,
  constraint person_skill_kind_check CHECK ((kind = ANY (ARRAY['learnt'::text, 'special'::text, 'level'::text, 'qualification'::text, 'training'::text]))),
  constraint person_skill_level_check CHECK (((level >= 0) AND (level <= 6))),
  constraint person_skill_occupation_check CHECK ((occupation <> ''::text)),
  constraint person_skill_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint person_skill_pkey PRIMARY KEY (id)
);
alter table person_skill enable row level security;
CREATE INDEX person_skill_person_id_idx ON public.person_skill USING btree (person_id);
create policy owner on person_skill for * to {yupei_owner} using (true) with check (true);
create policy seen on person_skill for * to {yupei_app} using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
grant DELETE, INSERT, SELECT on person_skill to yupei_app;

create table plan_target (
  plan text not null,
  unit text not null,
  trained_persons integer not null,
  new_certificate_holders integer not null,
  new_high_skill_holders integer not null,
  constraint plan_target_new_certificate_holders_check CHECK ((new_certificate_holders >= 0)),
  constraint plan_target_new_high_skill_holders_check CHECK ((new_high_skill_holders >= 0)),
  constraint plan_target_pkey PRIMARY KEY (plan, unit),
  constraint plan_target_trained_persons_check CHECK ((trained_persons >= 0)),
  constraint plan_target_unit_fkey FOREIGN KEY (unit) REFERENCES division(code)
);
grant SELECT on plan_target to yupei_app;

create table policy_setting (
  key text not null,
  valid_from date not null,
  value jsonb not null,
  source text not null,
  set_by bigint,
  constraint policy_setting_pkey PRIMARY KEY (key, valid_from)
);
grant INSERT, SELECT, UPDATE on policy_setting to yupei_app;

create table public_notice (
  id bigint not null generated always as identity,
  case_id bigint not null,
  starts_on date not null,
  ends_on date not null,
  published_at timestamp with time zone not null,
  constraint public_notice_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint public_notice_check CHECK ((ends_on >= starts_on)),
  constraint public_notice_pkey PRIMARY KEY (id)
);
grant INSERT, SELECT, UPDATE on public_notice to yupei_app;

create table rate_bucket (
  key text not null,
  tokens double precision not null,
  filled_at timestamp with time zone not null,
  constraint rate_bucket_pkey PRIMARY KEY (key)
);
grant DELETE, INSERT, SELECT, UPDATE on rate_bucket to yupei_app;

create table reference_set (
  kind text not null,
  version text not null,
  source text not null,
  licence text not null,
  sha256 text not null,
  valid_from date not null,
  loaded_at timestamp with time zone not null,
  body jsonb not null,
  constraint reference_set_kind_sha256_key UNIQUE (kind, sha256),
  constraint reference_set_pkey PRIMARY KEY (kind, version)
);
grant SELECT on reference_set to yupei_app;
grant SELECT on reference_set to yupei_matcher;

create table role (
  key text not null,
  scope text not null,
  needs_totp boolean not null,
  constraint role_pkey PRIMARY KEY (key),
  constraint role_scope_check CHECK ((scope = ANY (ARRAY['area'::text, 'employer'::text, 'base'::text, 'person'::text, 'case'::text, 'system'::text])))
);
grant SELECT on role to yupei_app;

create table role_grant (
  id bigint not null generated always as identity,
  user_id bigint not null,
  role text not null,
  area text,
  employer_id bigint,
  base_id bigint,
  person_id bigint,
  valid_from date not null,
  valid_to date,
  granted_by bigint,
  granted_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  revoked_by bigint,
  constraint administrators_exclude_each_other EXCLUDE USING gist (user_id WITH =, (
CASE role
    WHEN 'system_administrator'::text THEN 1
    WHEN 'security_administrator'::text THEN 2
    ELSE 3
END) WITH <>) WHERE (((role = ANY (ARRAY['system_administrator'::text, 'security_administrator'::text, 'auditor'::text])) AND (revoked_at IS NULL))),
  constraint role_grant_area_fkey FOREIGN KEY (area) REFERENCES division(code),
  constraint role_grant_check CHECK (((valid_to IS NULL) OR (valid_to >= valid_from))),
  constraint role_grant_check1 CHECK ((num_nonnulls(area, employer_id, base_id, person_id) <= 1)),
  constraint role_grant_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES app_user(id),
  constraint role_grant_pkey PRIMARY KEY (id),
  constraint role_grant_revoked_by_fkey FOREIGN KEY (revoked_by) REFERENCES app_user(id),
  constraint role_grant_role_fkey FOREIGN KEY (role) REFERENCES role(key),
  constraint role_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id)
);
CREATE INDEX role_grant_user_id_idx ON public.role_grant USING btree (user_id) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX one_administrator_starts ON public.role_grant USING btree (role) WHERE ((granted_by IS NULL) AND (revoked_at IS NULL) AND (role = ANY (ARRAY['system_administrator'::text, 'security_administrator'::text])));
grant INSERT, SELECT, UPDATE on role_grant to yupei_app;

create table rubric (
  id text not null,
  version text not null,
  sha256 text not null,
  body jsonb not null,
  valid_from date not null,
  retired_on date,
  level text not null default 'national'::text,
  area text,
  changes jsonb,
  draft_id bigint,
  constraint rubric_area_fkey FOREIGN KEY (area) REFERENCES division(code),
  constraint rubric_draft_id_fkey FOREIGN KEY (draft_id) REFERENCES rubric_draft(id),
  constraint rubric_draft_id_key UNIQUE (draft_id),
  constraint rubric_level_check CHECK ((level = ANY (ARRAY['national'::text, 'province'::text, 'city'::text]))),
  constraint rubric_local CHECK ((((level = 'national'::text) = (area IS NULL)) AND ((area IS NULL) = (changes IS NULL)) AND ((area IS NULL) = (draft_id IS NULL)))),
  constraint rubric_pkey PRIMARY KEY (id, version),
  constraint rubric_retires_after_start CHECK (((retired_on IS NULL) OR (retired_on >= valid_from))),
  constraint rubric_sha256_key UNIQUE (sha256)
);
alter table rubric enable row level security;
CREATE UNIQUE INDEX one_rubric_begins_a_day ON public.rubric USING btree (area, valid_from) WHERE (area IS NOT NULL);
create policy owner on rubric for * to {yupei_owner} using (true) with check (true);
create policy publish on rubric for a to {yupei_app} using () with check ((EXISTS ( SELECT
   FROM rubric_draft d
  WHERE ((d.id = rubric.draft_id) AND (d.published_by = yupei_user()) AND (d.area = rubric.area) AND (d.level = rubric.level) AND (d.valid_from = rubric.valid_from)))));
create policy read on rubric for r to {yupei_app} using (true) with check ();
create policy retire on rubric for w to {yupei_app} using (yupei_writes_rubric(area)) with check (yupei_writes_rubric(area));
grant INSERT, SELECT on rubric to yupei_app;

create table rubric_draft (
  id bigint not null generated always as identity,
  level text not null,
  area text not null,
  body jsonb not null,
  valid_from date,
  drafted_by bigint not null,
  drafted_at timestamp with time zone not null,
  changed_by bigint not null,
  changed_at timestamp with time zone not null,
  published_by bigint,
  published_at timestamp with time zone,
  discarded_at timestamp with time zone,
  version integer not null default 1,
  constraint rubric_draft_area_fkey FOREIGN KEY (area) REFERENCES division(code),
  constraint rubric_draft_body_check CHECK ((jsonb_typeof(body) = 'object'::text)),
  constraint rubric_draft_changed_by_fkey FOREIGN KEY (changed_by) REFERENCES app_user(id),
  constraint rubric_draft_check CHECK (((published_by IS NULL) = (published_at IS NULL))),
  constraint rubric_draft_check1 CHECK (((published_by IS NULL) OR (valid_from IS NOT NULL))),
  constraint rubric_draft_check2 CHECK (((published_by IS NULL) OR (discarded_at IS NULL))),
  constraint rubric_draft_drafted_by_fkey FOREIGN KEY (drafted_by) REFERENCES app_user(id),
  constraint rubric_draft_level_check CHECK ((level = ANY (ARRAY['province'::text, 'city'::text]))),
  constraint rubric_draft_pkey PRIMARY KEY (id),
  constraint rubric_draft_published_by_fkey FOREIGN KEY (published_by) REFERENCES app_user(id),
  constraint rubric_draft_second_person CHECK (((published_by <> drafted_by) AND (published_by <> changed_by)))
);
alter table rubric_draft enable row level security;
CREATE INDEX rubric_draft_area_idx ON public.rubric_draft USING btree (area);
create policy change on rubric_draft for w to {yupei_app} using ((yupei_writes_rubric(area) AND (published_by IS NULL) AND (discarded_at IS NULL))) with check ((yupei_writes_rubric(area) AND ((yupei_user() = changed_by) OR (yupei_user() = published_by))));
create policy draft on rubric_draft for a to {yupei_app} using () with check ((yupei_writes_rubric(area) AND (drafted_by = yupei_user()) AND (changed_by = yupei_user()) AND (published_by IS NULL)));
create policy owner on rubric_draft for * to {yupei_owner} using (true) with check (true);
create policy read on rubric_draft for r to {yupei_app} using (yupei_writes_rubric(area)) with check ();
grant INSERT, SELECT, UPDATE on rubric_draft to yupei_app;

create table schema_migration (
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint schema_migration_pkey PRIMARY KEY (name)
);
grant SELECT on schema_migration to yupei_app;

create table score_entry (
  sheet_id bigint not null,
  item_id text not null,
  measure jsonb,
  not_applicable boolean not null default false,
  reason text not null,
  at timestamp with time zone not null,
  constraint score_entry_check CHECK ((not_applicable OR (measure IS NOT NULL))),
  constraint score_entry_check1 CHECK (((NOT not_applicable) OR (reason <> ''::text))),
  constraint score_entry_pkey PRIMARY KEY (sheet_id, item_id),
  constraint score_entry_sheet_id_fkey FOREIGN KEY (sheet_id) REFERENCES score_sheet(id)
);
alter table score_entry enable row level security;
CREATE TRIGGER score_entry_open BEFORE INSERT OR DELETE OR UPDATE ON public.score_entry FOR EACH ROW EXECUTE FUNCTION sheet_is_open();
create policy blind on score_entry for * to {yupei_app} using ((EXISTS ( SELECT
   FROM score_sheet s
  WHERE (s.id = score_entry.sheet_id)))) with check ((EXISTS ( SELECT
   FROM score_sheet s
  WHERE ((s.id = score_entry.sheet_id) AND (s.assessor_id = yupei_user())))));
create policy owner on score_entry for * to {yupei_owner} using (true) with check (true);
grant DELETE, INSERT, SELECT, UPDATE on score_entry to yupei_app;

create table score_sheet (
  id bigint not null generated always as identity,
  case_id bigint not null,
  assessor_id bigint not null,
  round integer not null default 1,
  locked_at timestamp with time zone,
  version integer not null default 1,
  constraint score_sheet_assessor_id_fkey FOREIGN KEY (assessor_id) REFERENCES app_user(id),
  constraint score_sheet_case_id_assessor_id_round_key UNIQUE (case_id, assessor_id, round),
  constraint score_sheet_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint score_sheet_pkey PRIMARY KEY (id)
);
alter table score_sheet enable row level security;
create policy blind on score_sheet for * to {yupei_app} using (((assessor_id = yupei_user()) OR (yupei_sees_case(case_id) AND yupei_scoring_is_over(case_id)) OR yupei_is('system'::text))) with check (((assessor_id = yupei_user()) OR yupei_is('system'::text) OR yupei_is('assessment_office'::text)));
create policy owner on score_sheet for * to {yupei_owner} using (true) with check (true);
grant INSERT, SELECT, UPDATE on score_sheet to yupei_app;

create table self_score (
  case_id bigint not null,
  item_id text not null,
  measure jsonb not null,
  note text not null,
  at timestamp with time zone not null,
  constraint self_score_case_id_fkey FOREIGN KEY (case_id) REFERENCES accreditation_case(id),
  constraint self_score_pkey PRIMARY KEY (case_id, item_id)
);
alter table self_score enable row level security;
create policy owner on self_score for * to {yupei_owner} using (true) with check (true);
create policy seen on self_score for * to {yupei_app} using ((yupei_sees_case(case_id) AND (NOT yupei_scores_blind(case_id)))) with check (yupei_sees_case(case_id));
grant DELETE, INSERT, SELECT, UPDATE on self_score to yupei_app;

create table session (
  token_hash bytea not null,
  user_id bigint not null,
  csrf text not null,
  created_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  idle_until timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint session_pkey PRIMARY KEY (token_hash),
  constraint session_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id)
);
CREATE INDEX session_user_id_idx ON public.session USING btree (user_id) WHERE (revoked_at IS NULL);
grant INSERT, SELECT, UPDATE on session to yupei_app;

create table sms_outbox (
  id bigint not null generated always as identity,
  phone_cipher bytea not null,
  body_cipher bytea not null,
  kind text not null,
  simulated boolean not null,
  queued_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  phone_index bytea,
  constraint sms_outbox_pkey PRIMARY KEY (id)
);
CREATE INDEX sms_outbox_phone_index_idx ON public.sms_outbox USING btree (phone_index) WHERE (phone_index IS NOT NULL);
grant INSERT, SELECT, UPDATE on sms_outbox to yupei_app;

create table trade (
  name text not null,
  name_en text not null,
  code text,
  kind text not null,
  parent_code text,
  grouping text not null,
  aliases text[] not null,
  competitions text[] not null,
  code_status text not null,
  source text not null,
  constraint trade_pkey PRIMARY KEY (name)
);
grant SELECT on trade to yupei_app;
grant SELECT on trade to yupei_matcher;

create table veto_flag (
  sheet_id bigint not null,
  veto_id text not null,
  reason text not null,
  constraint veto_flag_pkey PRIMARY KEY (sheet_id, veto_id),
  constraint veto_flag_reason_check CHECK ((reason <> ''::text)),
  constraint veto_flag_sheet_id_fkey FOREIGN KEY (sheet_id) REFERENCES score_sheet(id)
);
alter table veto_flag enable row level security;
CREATE TRIGGER veto_flag_open BEFORE INSERT OR DELETE OR UPDATE ON public.veto_flag FOR EACH ROW EXECUTE FUNCTION sheet_is_open();
create policy blind on veto_flag for * to {yupei_app} using ((EXISTS ( SELECT
   FROM score_sheet s
  WHERE (s.id = veto_flag.sheet_id)))) with check ((EXISTS ( SELECT
   FROM score_sheet s
  WHERE ((s.id = veto_flag.sheet_id) AND (s.assessor_id = yupei_user())))));
create policy owner on veto_flag for * to {yupei_owner} using (true) with check (true);
grant DELETE, INSERT, SELECT, UPDATE on veto_flag to yupei_app;

create table wish (
  person_id bigint not null,
  order_id bigint not null,
  at timestamp with time zone not null,
  withdrawn_at timestamp with time zone,
  constraint wish_order_id_fkey FOREIGN KEY (order_id) REFERENCES job_order(id),
  constraint wish_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint wish_pkey PRIMARY KEY (person_id, order_id)
);
alter table wish enable row level security;
create policy owner on wish for * to {yupei_owner} using (true) with check (true);
create policy seen on wish for * to {yupei_app} using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
grant INSERT, SELECT, UPDATE on wish to yupei_app;
