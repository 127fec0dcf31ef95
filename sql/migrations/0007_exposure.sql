-- What a run would show whom, and by what it was scored: the ground of learning from outcomes.
-- It was shown if the run was confirmed: then an offer has this run, order and person.

create table exposure (
  run_id bigint not null,
  pseudonym bigint not null,
  order_id bigint not null references job_order,
  card text not null check (card ~ '^card-[0-9a-f]{12}$'),
  rank int not null check (rank >= 1),
  propensity numeric(6, 5) not null check (propensity > 0 and propensity <= 1),
  wishes smallint[] not null check (cardinality(wishes) = 6 and 0 <= all (wishes)),
  prospects smallint[] not null check (cardinality(prospects) = 5 and 0 <= all (prospects)),
  primary key (run_id, pseudonym),
  foreign key (run_id, pseudonym) references allotment (run_id, pseudonym)
);
create trigger exposure_append_only before update or delete or truncate on exposure
  for each statement execute function refuse_change();
alter table exposure enable row level security;
alter table exposure force row level security;
create policy owner on exposure to yupei_owner using (true) with check (true);
create policy matcher on exposure for insert to yupei_matcher with check (true);
-- No page shows it: how an order stands to what a person wishes is nobody's business but the learner's.
create policy learner on exposure for select to yupei_app using (yupei_is('system'));
grant insert on exposure to yupei_matcher;
grant select on exposure to yupei_app;
