-- Registering people and employers: what a person can do by whose word, skills, consents that bind,
-- erasure; employers that the county verifies.

-- Messages to an erased phone are found by it.
alter table sms_outbox add column phone_index bytea;
create index on sms_outbox (phone_index) where phone_index is not null;

-- An erased person leaves a row without a name, so that seats and outcomes still add up.
alter table person add column erased_at timestamptz;

-- Three sources side by side and never averaged (MELBA); levels sealed under the matcher's key.
create table capacity_rating (
  id bigint generated always as identity primary key,
  person_id bigint not null references person,
  source text not null check (source in ('self', 'observer', 'class')),
  basis text not null check (basis in ('told', 'seen', 'measured')),
  rated_on date not null,
  rated_by bigint references app_user,
  levels_cipher bytea not null,
  made_at timestamptz not null
);
create index on capacity_rating (person_id);
create table person_skill (
  id bigint generated always as identity primary key,
  person_id bigint not null references person,
  occupation text not null check (occupation <> ''),
  kind text not null check (kind in ('learnt', 'special', 'level', 'qualification', 'training')),
  level int not null check (level between 0 and 6),
  issuer text not null default '',
  number_cipher bytea,
  issued_on date,
  added_at timestamptz not null
);
create index on person_skill (person_id);

-- What the county looked at before an employer may post, and what it found behind a sign of 挂靠.
create table employer_check (
  id bigint generated always as identity primary key,
  employer_id bigint not null references employer,
  at timestamptz not null,
  by_user bigint references app_user,
  what text not null check (what in ('credit_code', 'licence', 'contact', 'affiliation')),
  clear boolean not null,
  note text not null,
  check (clear or note <> '')
);
create index on employer_check (employer_id);
create trigger employer_check_append_only before update or delete or truncate on employer_check
  for each statement execute function refuse_change();
alter table employer add column contact_name_cipher bytea, add column contact_phone_cipher bytea,
  add column contact_phone_index bytea;
create index on employer (contact_phone_index) where contact_phone_index is not null;
create index on employer (address) where address <> '';

do $$
declare t text;
begin
  foreach t in array array['capacity_rating', 'person_skill', 'employer_check', 'employer'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner on %I to yupei_owner using (true) with check (true)', t);
  end loop;
  foreach t in array array['capacity_rating', 'person_skill'] loop
    execute format('create policy seen on %I to yupei_app
      using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id))', t);
  end loop;
end $$;

create function yupei_employer_in_hand(asked bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (select from employer e join division_ancestor a on a.code = e.county
                 where e.id = asked and a.ancestor = any (yupei_areas()))
$$;
create policy seen on employer_check for select to yupei_app
  using (employer_id = any (yupei_ids('employers')) or yupei_employer_in_hand(employer_id));
-- Nobody checks itself.
create policy county on employer_check for insert to yupei_app with check (yupei_employer_in_hand(employer_id));

-- An employer's name is public with its orders; its contact is sealed. It is changed by its own
-- people and by the county; only the county verifies.
create policy read on employer for select to yupei_app using (true);
create policy register on employer for insert to yupei_app with check (yupei_user() is not null);
create policy change on employer for update to yupei_app
  using (id = any (yupei_ids('employers'))
         or county in (select code from division_ancestor where ancestor = any (yupei_areas())))
  with check (id = any (yupei_ids('employers'))
         or county in (select code from division_ancestor where ancestor = any (yupei_areas())));
create function employer_verified_by_county() returns trigger language plpgsql as $$
begin
  if current_user = 'yupei_app' and new.verified_at is not null
     and (tg_op = 'INSERT' or new.verified_at is distinct from old.verified_at)
     and not exists (select from division_ancestor a where a.code = new.county and a.ancestor = any (yupei_areas())) then
    raise exception 'employer_verified_by_county' using errcode = 'check_violation',
      constraint = 'employer_verified_by_county';
  end if;
  return new;
end $$;
create trigger employer_verified_by_county before insert or update on employer
  for each row execute function employer_verified_by_county();

-- Whether a person consents to a purpose now.
create function yupei_consents(asked bigint, what text) returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (select from consent where person_id = asked and purpose = what and withdrawn_at is null)
$$;
-- An employer sees a name after the acceptance, and as long as the person consents; nobody sees who was erased.
drop policy seen on person;
create policy seen on person to yupei_app
  using (erased_at is null and (
    id = any (yupei_ids('persons'))
    or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
    or (id in (select o.person_id from offer o join job_order j on j.id = o.order_id
               where o.state in ('accepted', 'hired') and j.employer_id = any (yupei_ids('employers')))
        and yupei_consents(id, 'show_to_employer'))
  ))
  with check (
    id = any (yupei_ids('persons'))
    or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
  );
-- Nobody comes into the market without a live consent to it, whichever way.
create function market_needs_consent() returns trigger language plpgsql as $$
begin
  if new.active and current_user = 'yupei_app' and not exists (
    select from person p where p.pseudonym = new.pseudonym and yupei_consents(p.id, 'matching')) then
    raise exception 'market_needs_consent' using errcode = 'check_violation', constraint = 'market_needs_consent';
  end if;
  return new;
end $$;
create trigger market_needs_consent before insert or update of active on matching_profile
  for each row execute function market_needs_consent();

-- Everybody may see who looked at what is their own.
create policy about_me on audit_event for select to yupei_app
  using (object = 'person' and object_id = any (yupei_ids('persons')::text[]));

-- The records that a number belongs to, wherever they lie: a second record is prevented across counties.
create function yupei_same_person(identity bytea, certificate bytea)
  returns table (person_id bigint, county text, name_cipher bytea, phone_index bytea, found_by text)
  language sql stable security definer set search_path = public as $$
  select p.id, p.county, p.name_cipher, p.phone_index, 'identity' from person p
  where p.identity_index = identity and p.erased_at is null and yupei_user() is not null
  union
  select p.id, p.county, p.name_cipher, p.phone_index, 'certificate'
  from person_category c join person p on p.id = c.person_id
  where c.certificate_index = certificate and p.erased_at is null and yupei_user() is not null
$$;

-- Takes a person out of every table; what remains is a number without a name. Offers must have given
-- their seats back before. The pseudonym is replaced, so that what a run proposed leads to nobody.
create function yupei_erase_person(asked bigint, successor bigint, moment timestamptz) returns boolean
  language plpgsql security definer set search_path = public as $$
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
end $$;

grant select, insert on capacity_rating, person_skill, employer_check to yupei_app;
grant delete on person_skill to yupei_app;
-- A value is sealed for the row's own number, so the number is asked for before the row is written.
grant usage on sequence person_id_seq, employer_id_seq, capacity_rating_id_seq, person_skill_id_seq to yupei_app;
