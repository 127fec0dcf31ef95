-- The five roles and what each may do to the server; run by a superuser, any number of times.
-- Passwords are set by services/db/roles.py, as verifiers. Rights on tables are in the migrations.
do $$
declare
  name text;
begin
  foreach name in array array['yupei_owner', 'yupei_app', 'yupei_matcher', 'yupei_sealer', 'yupei_backup'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I login', name);
    end if;
  end loop;
end
$$;

-- Migrations only: the service never connects as the owner of a table.
alter role yupei_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role yupei_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role yupei_matcher login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role yupei_sealer login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
-- A dump must hold every row; row-level security would leave some out in silence.
alter role yupei_backup login nosuperuser nocreatedb nocreaterole noreplication bypassrls;
grant pg_read_all_data to yupei_backup;

alter role yupei_owner set lock_timeout = '3s';
alter role yupei_app set statement_timeout = '5s';
alter role yupei_app set lock_timeout = '3s';
alter role yupei_app set idle_in_transaction_session_timeout = '10s';
alter role yupei_matcher set statement_timeout = '60s'; -- reads the whole matching table
alter role yupei_matcher set lock_timeout = '3s';
alter role yupei_matcher set idle_in_transaction_session_timeout = '60s';
alter role yupei_sealer set statement_timeout = '30s';
alter role yupei_sealer set lock_timeout = '3s';
alter role yupei_sealer set idle_in_transaction_session_timeout = '10s';
alter role yupei_backup set default_transaction_read_only = on;

do $$
begin
  execute format('alter database %I owner to yupei_owner', current_database());
  execute format('revoke all on database %I from public', current_database());
  execute format(
    'grant connect on database %I to yupei_app, yupei_matcher, yupei_sealer, yupei_backup',
    current_database()
  );
end
$$;
alter schema public owner to yupei_owner;
revoke create on schema public from public;

create extension if not exists pg_trgm;
create extension if not exists btree_gist;
