-- Tighter floors: what a base did, who takes part in a case, who registers a base, who starts the house.

-- Bases in the asker's areas; asked once a query and not once a row.
create function yupei_bases_below() returns setof bigint language sql stable security definer
  set search_path = public as $$
  select b.id from base b join division_ancestor a on a.code = b.county where a.ancestor = any (yupei_areas())
$$;
-- Bases in whose cases the asker takes part now.
create function yupei_bases_judged() returns setof bigint language sql stable security definer
  set search_path = public as $$
  select c.base_id from case_member m join accreditation_case c on c.id = m.case_id
  where m.user_id = yupei_user() and m.until is null
$$;

drop policy seen on class_record;
create policy seen on class_record to yupei_app
  using (base_id = any (yupei_ids('bases'))
         or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
         or base_id in (select yupei_bases_judged()))
  -- A class counts for the county of its base: nobody writes into another county's numbers.
  with check ((base_id = any (yupei_ids('bases')) or base_id in (select yupei_bases_below()))
              and county = (select b.county from base b where b.id = base_id));

drop policy seen on base_year;
create policy seen on base_year to yupei_app
  using (base_id = any (yupei_ids('bases')) or base_id in (select yupei_bases_below())
         or base_id in (select yupei_bases_judged()))
  with check (base_id = any (yupei_ids('bases')) or base_id in (select yupei_bases_below()));

-- Who takes part in a case is seen by who sees the case; the assessment office above it names them.
create function yupei_appoints(asked bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select (yupei_is('assessment_office') or yupei_is('system')) and exists (
    select from accreditation_case c join division_ancestor a on a.code = c.county
    where c.id = asked and a.ancestor = any (yupei_areas()))
$$;
drop policy seen on case_member;
create policy seen on case_member for select to yupei_app
  using (user_id = yupei_user() or yupei_sees_case(case_id));
create policy appoint on case_member for insert to yupei_app with check (yupei_appoints(case_id));
create policy release on case_member for update to yupei_app
  using (yupei_appoints(case_id)) with check (yupei_appoints(case_id));

-- A base is public (its contact is sealed); it is changed by its managers alone. Anyone who is signed
-- in may register one. A further site of an organisation is registered by who manages its first.
create function base_is_of_one_hand() returns trigger language plpgsql as $$
begin
  -- Two who register the same organisation at once stand in line.
  perform pg_advisory_xact_lock(hashtextextended('base:' || new.credit_code, 0));
  if exists (select from base b where b.credit_code = new.credit_code
             and b.county <> new.county and not b.id = any (yupei_ids('bases'))) then
    raise exception 'base_is_of_one_hand' using errcode = 'check_violation', constraint = 'base_is_of_one_hand';
  end if;
  return new;
end $$;
create trigger base_is_of_one_hand before insert on base
  for each row execute function base_is_of_one_hand();
alter table base enable row level security;
alter table base force row level security;
create policy owner on base to yupei_owner using (true) with check (true);
create policy read on base for select to yupei_app using (true);
create policy register on base for insert to yupei_app with check (yupei_user() is not null);
create policy change on base for update to yupei_app
  using (id = any (yupei_ids('bases'))) with check (id = any (yupei_ids('bases')));
-- A contact is sealed for the row's own number, so the number is asked for before the row is written.
grant usage on sequence base_id_seq to yupei_app;

-- Two one-time links used at once would each find the first administrator missing: one of them wins.
-- Nobody grants the two that start the house; whoever comes later is granted by one of them.
create unique index one_administrator_starts on role_grant (role)
  where granted_by is null and revoked_at is null
    and role in ('system_administrator', 'security_administrator');
