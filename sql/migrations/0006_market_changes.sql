-- Every process that serves holds the market in memory; this tells it what to read again.
-- The word that is sent names nobody: 'p17' says that among the people of bucket 17 (one in 1,024)
-- somebody came, changed or left, 'o' that the open orders changed. Who listens reads with its own rights.
-- One rewrite of a table of people, before the service runs.
-- squawk-ignore adding-field-with-default
alter table matching_profile add column bucket int not null generated always as ((pseudonym % 1024)::int) stored;
create index on matching_profile (bucket) where active;

create function tell_market() returns trigger language plpgsql as $$
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
end $$;
create trigger tell_market after insert or update or delete on matching_profile
  for each row execute function tell_market();
-- A seat that is taken changes nothing of whom the order fits: only what is named here does.
create trigger tell_market after insert or update of state, county, trade, occupation_code, seats, min_headcount,
  work_type, wage_min, wage_basis, contract_months, insurance, dorm, shift, education_min, education_reason, trains,
  class_starts, starts_on, deadline on job_order
  for each row execute function tell_market();

-- Who withdraws the consent to matching leaves the market in the same transaction, whichever way it came.
create function consent_withdrawn() returns trigger language plpgsql security definer set search_path = public as $$
begin
  update matching_profile set active = false, changed_at = new.withdrawn_at
  where active and pseudonym = (select pseudonym from person where id = new.person_id);
  return null;
end $$;
create trigger consent_withdrawn after update of withdrawn_at on consent
  for each row when (new.purpose = 'matching' and new.withdrawn_at is not null) execute function consent_withdrawn();
