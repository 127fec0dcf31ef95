-- People, employers, orders and offers: 订单式培训 (豫残联〔2022〕33号 二(一)2).

create table employer (
  id bigint generated always as identity primary key,
  name text not null check (name <> ''),
  credit_code text not null unique,
  county text not null references division,
  address text not null default '',
  staff int check (staff > 0),
  staff_counted int check (staff_counted >= 0),
  verified_at timestamptz,
  verified_by bigint references app_user,
  simulated boolean not null,
  version int not null default 1,
  created_at timestamptz not null
);
create index on employer (county);

create table person (
  id bigint generated always as identity primary key,
  pseudonym bigint not null unique,
  county text not null references division,
  name_cipher bytea not null,
  identity_cipher bytea,
  identity_index bytea unique,
  phone_cipher bytea,
  phone_index bytea,
  registered_by text not null check (registered_by in ('self', 'staff', 'import', 'simulator')),
  registered_at timestamptz not null,
  recommendations boolean not null default true,
  simulated boolean not null,
  version int not null default 1
);
create index on person (county);
create index on person (phone_index);
create table consent (
  person_id bigint not null references person,
  purpose text not null check (purpose in ('matching', 'show_to_employer', 'category_to_employer', 'publicity')),
  text_version text not null,
  given_at timestamptz not null,
  withdrawn_at timestamptz,
  given_through text not null,
  primary key (person_id, purpose, given_at)
);
create unique index one_live_consent on consent (person_id, purpose) where withdrawn_at is null;
-- Category and grade: their own table, each reading for a named purpose; the matcher role can't read it.
create table person_category (
  person_id bigint not null references person,
  certified_on date not null,
  categories_cipher bytea not null,
  certificate_cipher bytea not null,
  certificate_index bytea not null,
  primary key (person_id, certified_on)
);
create index on person_category (certificate_index);

-- What the matcher may read of a person: a pseudonym, a county and a sealed profile.
create table matching_profile (
  pseudonym bigint primary key,
  county text not null references division,
  sealed bytea not null,
  key_id text not null,
  available_from date not null,
  may_work_from date not null,
  waiting_since date not null,
  active boolean not null,
  changed_at timestamptz not null
);
alter table matching_profile add foreign key (pseudonym) references person (pseudonym) on delete cascade;

create table job_order (
  id bigint generated always as identity primary key,
  number text not null unique,
  employer_id bigint not null references employer,
  county text not null references division,
  title text not null check (title <> ''),
  trade text,
  occupation_code text,
  seats int not null check (seats between 1 and 2000),
  taken int not null default 0,
  min_headcount int not null default 1,
  work_type text not null check (work_type in ('on_site', 'home', 'hybrid')),
  address text not null default '',
  wage_min int not null check (wage_min > 0),
  wage_max int not null,
  wage_basis text not null check (wage_basis in ('month', 'hour', 'piece')),
  contract_months int not null check (contract_months between 1 and 120),
  insurance text[] not null,
  dorm text not null check (dorm in ('none', 'yes', 'accessible')),
  shift text not null check (shift in ('day', 'rotating', 'night', 'flexible')),
  education_min int,
  education_reason text not null default '',
  trains jsonb not null default '{}',
  base_id bigint references base,
  class_starts date,
  class_ends date,
  starts_on date not null,
  deadline date not null,
  state text not null check (state in ('draft', 'submitted', 'returned', 'open', 'closed', 'cancelled')),
  simulated boolean not null,
  version int not null default 1,
  created_by bigint references app_user,
  created_at timestamptz not null,
  check (taken between 0 and seats),
  check (wage_max >= wage_min),
  check (min_headcount between 1 and seats)
);
create index on job_order (employer_id);
create index on job_order (county, state);
create table order_demand (
  order_id bigint not null references job_order on delete cascade,
  dimension text not null,
  level int not null check (level between 0 and 4),
  essential boolean not null,
  reason text not null,
  primary key (order_id, dimension),
  check (not essential or reason <> '')
);
create table order_accommodation (
  order_id bigint not null references job_order on delete cascade,
  accommodation text not null,
  stance text not null check (stance in ('offered', 'secured', 'refused')),
  reason text not null,
  primary key (order_id, accommodation),
  check (stance <> 'refused' or reason <> '')
);
create table order_skill (
  order_id bigint not null references job_order on delete cascade,
  code text not null,
  level int not null check (level between 0 and 6),
  required boolean not null,
  taught boolean not null,
  primary key (order_id, code)
);
-- The lawful moves of an order, row for row those of matching/orders/states.py (a test holds them equal).
create table order_move (
  source text not null,
  event text not null,
  target text not null,
  primary key (source, event, target)
);
insert into order_move values
  ('draft', 'submit', 'submitted'),
  ('submitted', 'return', 'returned'),
  ('returned', 'submit', 'submitted'),
  ('submitted', 'open', 'open'),
  ('open', 'close', 'closed'),
  ('draft', 'cancel', 'cancelled'),
  ('submitted', 'cancel', 'cancelled'),
  ('returned', 'cancel', 'cancelled'),
  ('open', 'cancel', 'cancelled');
create table order_log (
  id bigint generated always as identity primary key,
  order_id bigint not null references job_order,
  at timestamptz not null,
  actor bigint,
  source text not null,
  event text not null,
  target text not null,
  reason text not null,
  foreign key (source, event, target) references order_move (source, event, target)
);
create trigger order_log_append_only before update or delete or truncate on order_log
  for each statement execute function refuse_change();

create table match_run (
  id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  people int not null,
  orders int not null,
  seats int not null,
  filled int not null,
  value bigint not null,
  bound bigint not null,
  gap numeric not null,
  passes int not null,
  seconds numeric not null,
  bins jsonb not null,
  scorecard text not null,
  confirmed_at timestamptz,
  confirmed_by bigint references app_user,
  simulated boolean not null
);
create table allotment (
  run_id bigint not null references match_run,
  pseudonym bigint not null,
  order_id bigint not null references job_order,
  bin text not null check (bin in ('now', 'accommodation', 'training')),
  u int not null,
  p int not null,
  v int not null,
  accommodations text[] not null,
  primary key (run_id, pseudonym)
);
create index on allotment (run_id, order_id);

create table offer (
  id bigint generated always as identity primary key,
  run_id bigint references match_run,
  order_id bigint not null references job_order,
  person_id bigint not null references person,
  state text not null check (state in ('reserved', 'accepted', 'declined', 'lapsed', 'withdrawn', 'not_hired', 'hired')),
  holds_seat boolean not null,
  bin text not null,
  accommodations text[] not null,
  reserved_at timestamptz not null,
  reserved_until timestamptz not null,
  answered_at timestamptz,
  reason text not null default '',
  simulated boolean not null,
  version int not null default 1,
  check (holds_seat = (state in ('reserved', 'accepted', 'hired')))
);
create unique index one_live_offer_per_pair on offer (order_id, person_id) where holds_seat;
create unique index one_seat_per_person on offer (person_id) where holds_seat;
create index on offer (person_id);
create index on offer (reserved_until) where state = 'reserved';
create table wish (
  person_id bigint not null references person,
  order_id bigint not null references job_order,
  at timestamptz not null,
  withdrawn_at timestamptz,
  primary key (person_id, order_id)
);
create table offer_question (
  id bigint generated always as identity primary key,
  person_id bigint not null references person,
  order_id bigint not null references job_order,
  text text not null check (text <> ''),
  at timestamptz not null,
  answer text,
  answered_at timestamptz,
  answered_by bigint references app_user
);

-- Row-level floors.
do $$
declare t text;
begin
  foreach t in array array['person', 'consent', 'person_category', 'matching_profile', 'job_order', 'order_demand',
    'order_accommodation', 'order_skill', 'order_log', 'allotment', 'offer', 'wish', 'offer_question'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner on %I to yupei_owner using (true) with check (true)', t);
  end loop;
end $$;

create policy seen on person to yupei_app
  using (
    id = any (yupei_ids('persons'))
    or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
    -- An employer sees a person's name after that person accepted that order, not before.
    or id in (select o.person_id from offer o join job_order j on j.id = o.order_id
              where o.state in ('accepted', 'hired') and j.employer_id = any (yupei_ids('employers')))
  )
  with check (
    id = any (yupei_ids('persons'))
    or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
  );
create function yupei_person_in_hand(person_id bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select $1 = any (yupei_ids('persons')) or exists (
    select from person p join division_ancestor a on a.code = p.county
    where p.id = $1 and a.ancestor = any (yupei_areas()))
$$;
create function yupei_order_in_hand(order_id bigint) returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (select from job_order j where j.id = $1 and (
    j.employer_id = any (yupei_ids('employers'))
    or exists (select from division_ancestor a where a.code = j.county and a.ancestor = any (yupei_areas()))))
$$;
-- The pseudonyms behind the offers of an order: an employer sees what a candidate can do before it may
-- see who that is.
create function yupei_offer_pseudonyms(asked bigint) returns table (offer_id bigint, pseudonym bigint)
  language sql stable security definer set search_path = public as $$
  select o.id, p.pseudonym from offer o join person p on p.id = o.person_id
  where o.order_id = asked and yupei_order_in_hand(asked)
$$;
create policy seen on consent to yupei_app using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
create policy seen on person_category to yupei_app using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
create policy seen on wish to yupei_app using (yupei_person_in_hand(person_id)) with check (yupei_person_in_hand(person_id));
create policy seen on matching_profile to yupei_app
  using (county in (select code from division_ancestor where ancestor = any (yupei_areas()))
         or pseudonym in (select p.pseudonym from person p where p.id = any (yupei_ids('persons'))))
  with check (county in (select code from division_ancestor where ancestor = any (yupei_areas()))
         or pseudonym in (select p.pseudonym from person p where p.id = any (yupei_ids('persons'))));
create policy matcher on matching_profile for select to yupei_matcher using (active);
-- An open order is public; a draft belongs to its employer and to the county.
create policy seen on job_order to yupei_app
  using (state in ('open', 'closed') or employer_id = any (yupei_ids('employers'))
         or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
         -- Who had a place in an order that was cancelled still reads what became of it.
         or id in (select o.order_id from offer o where o.person_id = any (yupei_ids('persons'))))
  with check (employer_id = any (yupei_ids('employers'))
         or county in (select code from division_ancestor where ancestor = any (yupei_areas()))
         or yupei_ids('persons') <> '{}');
create policy matcher on job_order for select to yupei_matcher using (state = 'open');
do $$
declare t text;
begin
  foreach t in array array['order_demand', 'order_accommodation', 'order_skill', 'order_log'] loop
    execute format('create policy seen on %I to yupei_app
      using (exists (select from job_order j where j.id = order_id))
      with check (yupei_order_in_hand(order_id))', t);
  end loop;
  foreach t in array array['order_demand', 'order_accommodation', 'order_skill'] loop
    execute format('create policy matcher on %I for select to yupei_matcher
      using (exists (select from job_order j where j.id = order_id))', t);
  end loop;
end $$;
create policy seen on allotment to yupei_app
  using (yupei_order_in_hand(order_id) or pseudonym in (select p.pseudonym from person p where p.id = any (yupei_ids('persons'))));
create policy matcher on allotment to yupei_matcher using (true) with check (true);
create policy seen on offer to yupei_app
  using (yupei_person_in_hand(person_id) or yupei_order_in_hand(order_id))
  with check (yupei_person_in_hand(person_id) or yupei_order_in_hand(order_id));
create policy seen on offer_question to yupei_app
  using (yupei_person_in_hand(person_id) or yupei_order_in_hand(order_id))
  with check (yupei_person_in_hand(person_id) or yupei_order_in_hand(order_id));

grant select, insert, update on employer, person, consent, person_category, matching_profile, job_order,
  order_demand, order_accommodation, order_skill, offer, wish, offer_question, match_run to yupei_app;
grant select, insert on order_log, allotment to yupei_app;
grant usage on sequence job_order_id_seq to yupei_app; -- the number of an order is made from its id
grant select on order_move to yupei_app;
grant delete on order_demand, order_accommodation, order_skill to yupei_app;
grant select on matching_profile, job_order, order_demand, order_accommodation, order_skill, match_run to yupei_matcher;
grant insert, update on match_run to yupei_matcher;
grant select, insert on allotment to yupei_matcher;

-- A demonstration asks this before it starts: row security would hide the very rows it must not meet.
create function holds_real_people() returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (select from person where not simulated) or exists (select from app_user where not simulated)
$$;
