-- name: by_login
select id, password_hash, totp_cipher, totp_last_step, disabled_at is not null as disabled
from app_user where login = $1;

-- name: by_phone
select id, password_hash, totp_cipher, totp_last_step, disabled_at is not null as disabled
from app_user where phone_index = $1;

-- name: by_persona
select id, password_hash, totp_cipher, totp_last_step, disabled_at is not null as disabled
from app_user where id = $1 and persona is not null and simulated;

-- name: personas
select id, persona, name_cipher from app_user where persona is not null and simulated and disabled_at is null order by id;

-- name: lock_user
-- Held until the transaction ends, so that a one-time step counts once.
select id, password_hash, totp_cipher, totp_last_step, disabled_at is not null as disabled
from app_user where id = $1 for update;

-- name: set_totp_step
update app_user set totp_last_step = $2 where id = $1 and totp_last_step < $2 returning id;

-- name: set_password
update app_user set password_hash = $2 where id = $1;

-- name: set_totp
update app_user set totp_cipher = $2, totp_last_step = 0 where id = $1;

-- name: set_name
update app_user set name_cipher = $2 where id = $1;

-- name: set_language
update app_user set language = $2 where id = $1;

-- name: next_id
select nextval(pg_get_serial_sequence('app_user', 'id'));

-- name: add_user
insert into app_user (id, login, name_cipher, phone_cipher, phone_index, simulated, language, created_at)
overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: disable_user
update app_user set disabled_at = $2 where id = $1 and disabled_at is null returning id;

-- name: holds_real_people
select holds_real_people();

-- name: missing_administrator
-- Which of the two administrators that a start needs is not there yet: one makes accounts, the other
-- grants roles, and nobody may be both.
select r.key from role r
where r.key in ('system_administrator', 'security_administrator')
  and not exists (select from role_grant g where g.role = r.key and g.revoked_at is null)
order by r.key desc limit 1;

-- name: add_grant
insert into role_grant (user_id, role, area, employer_id, base_id, person_id, valid_from, valid_to, granted_by, granted_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id;

-- name: revoke_grant
update role_grant set revoked_at = $2, revoked_by = $3 where id = $1 and revoked_at is null returning user_id;

-- name: grants_of
select id, role, area, employer_id, base_id, person_id, valid_from, valid_to
from role_grant where user_id = $1 and revoked_at is null order by id;

-- name: list_users
-- Who was erased has no name any more and is not listed.
select id, login, name_cipher, disabled_at is not null as disabled, simulated
from app_user where id > $1 and name_cipher <> '' order by id limit $2;

-- name: open_session
insert into session (token_hash, user_id, csrf, created_at, seen_at, idle_until, ends_at)
values ($1, $2, $3, $4, $4, $5, $6);

-- name: session_actor
-- The session, its user and everything a request needs to know, in one round trip. Roles and areas
-- are read anew each time: a grant that ends, ends now. $1 token hash, $2 now, $3 today.
select u.id as user_id, u.name_cipher, u.language, u.simulated, s.csrf, s.idle_until, s.ends_at,
  coalesce((
    select json_agg(json_build_array(g.role, g.area, g.employer_id, g.base_id, g.person_id, coalesce((
      select json_agg(a.code) from division_ancestor a where a.ancestor = g.area), '[]')) order by g.id)
    from role_grant g
    where g.user_id = u.id and g.revoked_at is null and g.valid_from <= $3
      and (g.valid_to is null or g.valid_to >= $3)
  ), '[]')::text as grants
from session s join app_user u on u.id = s.user_id
where s.token_hash = $1 and s.revoked_at is null and s.idle_until > $2 and s.ends_at > $2
  and u.disabled_at is null;

-- name: touch_session
update session set seen_at = $2, idle_until = least($3, ends_at) where token_hash = $1;

-- name: close_session
update session set revoked_at = $2 where token_hash = $1 and revoked_at is null;

-- name: close_sessions_of
update session set revoked_at = $2 where user_id = $1 and revoked_at is null;

-- name: codes_sent_since
select count(*) from one_time_code where phone_index = $1 and sent_at > $2;

-- name: add_code
insert into one_time_code (phone_index, request_hash, code_hash, sent_at, expires_at)
values ($1, $2, $3, $4, $5);

-- name: try_code
-- Counts the try before it is judged. $1 request hash, $2 now, $3 tries allowed.
update one_time_code set tries = tries + 1
where request_hash = $1 and used_at is null and expires_at > $2 and tries < $3
returning id, phone_index, code_hash;

-- name: use_code
update one_time_code set used_at = $2 where id = $1 and used_at is null returning id;

-- name: queue_sms
insert into sms_outbox (phone_cipher, body_cipher, kind, simulated, queued_at, phone_index) values ($1, $2, $3, $4, $5, $6);

-- name: take_token
-- A bucket of $2 tokens that fills at $3 a second; true if one was left. $1 key, $4 now.
insert into rate_bucket as b (key, tokens, filled_at) values ($1, $2::float8 - 1, $4)
on conflict (key) do update set
  tokens = least($2::float8, b.tokens + extract(epoch from greatest($4 - b.filled_at, interval '0')) * $3::float8) - 1,
  filled_at = greatest(b.filled_at, $4)
where least($2::float8, b.tokens + extract(epoch from greatest($4 - b.filled_at, interval '0')) * $3::float8) >= 1
returning true;

-- name: add_bootstrap_link
insert into bootstrap_link (token_hash, made_at, expires_at) values ($1, $2, $3);

-- name: use_bootstrap_link
update bootstrap_link set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2
returning expires_at;
