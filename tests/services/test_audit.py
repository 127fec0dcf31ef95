"""Who did what is written with the deed, sealed in a chain, and found out when somebody touches it."""

import asyncio
import json
from dataclasses import replace

import asyncpg
import pytest

from services.access import SYSTEM_ROLE, Actor
from services.actions import sign_in, users
from services.db import audit
from services.db.context import transaction
from services.jobs import SYSTEM, Tools, audit_seal
from services.sealing import Keys
from tests.conftest import NOW
from tests.services import web
from tests.services.web import OWN_COUNTY, PASSWORD

PUBLIC = Actor(None, request_id="test")


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture(scope="module")
async def asker(place):
    """A member of staff in whose name things are written."""
    return await place.actor(await place.user("县员", role="county_staff", area=OWN_COUNTY))


async def last(place):
    return await place.owner.fetchval("select coalesce(max(seq), 0) from audit_event")


async def since(place, seq):
    return await place.owner.fetch("select * from audit_event where seq > $1 order by seq", seq)


async def note(place, actor, what="test:note", **detail):
    async with transaction(place.pool, actor) as conn:
        await audit.write(conn, actor, what, "thing", 1, at=NOW, **detail)


# Append-only.

CHANGES = [
    "update {table} set {column} = {column}",
    "delete from {table}",
    "truncate {table} cascade",
]
TABLES = {
    "audit_event": "reason",
    "audit_seal": "hash",
    "audit_checkpoint": "hash",
    "case_log": "reason",
    "accreditation_log": "reason",
    "demonstration_log": "reason",
    "order_log": "reason",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
async def test_a_log_takes_no_change_from_the_service_or_the_owner(place, asker, table, change):
    text = change.format(table=table, column=TABLES[table])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(place.pool, asker) as conn:
            await conn.execute(text)
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await place.owner.execute(text)


@pytest.mark.parametrize("table", TABLES)
async def test_without_its_trigger_the_owner_could(place, table):
    """Takes the guard away: what stops the owner is the trigger."""
    change = place.owner.transaction()
    await change.start()
    await place.owner.execute(f"alter table {table} disable trigger user")
    await place.owner.execute(f"update {table} set {TABLES[table]} = {TABLES[table]}")
    await change.rollback()


async def test_the_sealer_reads_and_seals_and_can_do_nothing_else(place):
    conn = await asyncpg.connect(place.settings.url("yupei_sealer"))
    try:
        for text in ("delete from audit_seal", "select * from person", "select * from app_user"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(text)
    finally:
        await conn.close()


async def test_the_auditor_reads_all_and_the_others_what_they_did_themselves(place, asker):
    await note(place, asker)
    await note(place, PUBLIC)
    query = "select count(*) from audit_event where actor is distinct from $1"
    auditor = await place.actor(await place.user("审计", role="auditor"))
    async with transaction(place.pool, auditor) as conn:
        assert await conn.fetchval(query, asker.user) > 0
    async with transaction(place.pool, asker) as conn:
        assert await conn.fetchval(query, asker.user) == 0
        assert await conn.fetchval("select count(*) from audit_event") > 0
    async with transaction(place.pool, PUBLIC) as conn:
        assert await conn.fetchval("select count(*) from audit_event") == 0


# One row for each deed, in the deed's own transaction.


@pytest.fixture
async def offices(place):
    """The two administrators and a member of staff with one grant: (system, security, user, grant)."""
    system = await place.actor(await place.user("系统", role="system_administrator"))
    security = await place.actor(await place.user("安全", role="security_administrator"))
    user = await place.user("县员", role="county_staff", area=OWN_COUNTY)
    grant = await place.owner.fetchval("select id from role_grant where user_id = $1", user)
    return system, security, user, grant


NUMBERS = iter(range(1000))


async def deed(place, conn, name, offices):
    system, security, user, grant = offices
    keys = place.keys
    if name == "user:add":
        login = f"new{next(NUMBERS)}"
        await users.add_staff(conn, system, keys, login, "赵六", PASSWORD, now=NOW)
    elif name == "grant:add":
        await users.grant(conn, security, user, "city_staff", area="410100", until=None, now=NOW)
    elif name == "grant:revoke":
        await users.revoke(conn, security, grant, now=NOW, reason="调离")
    elif name == "user:disable":
        await users.disable(conn, system, user, now=NOW, reason="离职")
    elif name == "session:open":
        await sign_in.open_session(conn, keys, user, now=NOW, request_id="t", how="test")
    elif name == "session:close":
        await sign_in.close(conn, replace(system, user=user), b"x", now=NOW)


DEEDS = ["user:add", "grant:add", "grant:revoke", "user:disable", "session:open", "session:close"]


@pytest.mark.parametrize("name", DEEDS)
async def test_a_deed_leaves_one_row_that_says_who_and_what(place, offices, name):
    before = await last(place)
    async with transaction(place.pool, offices[0]) as conn:
        await deed(place, conn, name, offices)
    [row] = await since(place, before)
    assert row["action"] == name
    assert row["actor"] in {offices[0].user, offices[1].user, offices[2]}
    assert row["at"] == NOW
    assert row["request_id"]


@pytest.mark.parametrize("name", DEEDS)
async def test_a_deed_that_is_undone_leaves_no_row(place, offices, name):
    before = await last(place)
    conn = await place.pool.acquire()
    change = conn.transaction()
    await change.start()
    await deed(place, conn, name, offices)
    await change.rollback()
    await place.pool.release(conn)
    assert await since(place, before) == []


async def test_a_deed_that_can_not_be_logged_is_not_done(place, offices, monkeypatch):
    async def fail(*given, **named):
        raise ConnectionResetError

    monkeypatch.setattr(audit, "write", fail)
    for name in DEEDS:
        with pytest.raises(ConnectionResetError):
            async with transaction(place.pool, offices[0]) as conn:
                await deed(place, conn, name, offices)
    _, _, user, grant = offices
    kept = "select disabled_at is null from app_user where id = $1"
    assert await place.owner.fetchval(kept, user)
    assert await place.owner.fetchval(
        "select revoked_at is null from role_grant where id = $1", grant
    )
    assert await place.owner.fetchval("select count(*) from session where user_id = $1", user) == 0


async def test_who_is_refused_leaves_a_row_too(place, asker):
    async with web.serve(place) as client:
        await web.signed_in(place, client, asker.user)
        before = await last(place)
        answer = await client.get("/audit", allow_redirects=False)
        assert answer.status == 403
        await client.get("/plaques/NONE-1", allow_redirects=False)
    rows = await since(place, before)
    assert [row["action"] for row in rows] == ["access:refused"] * 2
    assert [json.loads(row["detail"])["status"] for row in rows] == [403, 404]
    assert {row["actor"] for row in rows} == {asker.user}
    assert rows[0]["request_id"] == answer.headers["X-Request-Id"]


async def test_the_log_holds_no_name_and_no_number(place, offices):
    """Planted in every deed; found in none of the rows."""
    system, *_ = offices
    name, phone = "诸葛孔明", "13766665555"
    before = await last(place)
    async with web.serve(place) as client:
        csrf = await web.signed_in(place, client, system.user)
        form = {"csrf": csrf, "login": "kongming", "name": name, "password": PASSWORD}
        answer = await client.post("/users", data=form, allow_redirects=False)
        assert answer.status == 201, await answer.text()
        client.session.cookie_jar.clear()
        await client.post("/sign-in/phone", data={"phone": phone})
        await client.post("/sign-in/staff", data={"login": name, "password": phone})
    rows = await since(place, before)
    assert "user:add" in [row["action"] for row in rows]
    text = " ".join(str(value) for row in rows for value in row.values())
    for planted in (name, phone, PASSWORD, "kongming"):
        assert planted not in text


# The chain.


@pytest.fixture
async def chain(template, monkeypatch):
    """A place of its own with a few sealed events; `seal()` seals on, `verify()` tells."""
    monkeypatch.setattr(audit_seal, "_BATCH", 3)
    async with web.a_place(template) as place:
        sealer = await asyncpg.connect(place.settings.url("yupei_sealer"))
        try:
            yield Chain(place, sealer)
        finally:
            await sealer.close()


class Chain:
    def __init__(self, place, conn):
        self.place, self.conn = place, conn

    async def write(self, count):
        for number in range(count):
            await note(self.place, PUBLIC, number=number)

    async def seal(self, conn=None):
        conn = conn or self.conn
        async with conn.transaction():
            return await audit_seal.seal(conn, self.place.keys.signer, now=NOW)

    async def seal_all(self):
        """Seals until nothing is left. Transactions of other tests' databases hold it back."""
        for _ in range(200):
            await self.seal()
            left = await self.place.owner.fetchval(
                "select count(*) from audit_event e where not exists (select from audit_seal s where s.seq = e.seq)"
            )
            if not left:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{left} events stay unsealed")

    async def verify(self, keys=None):
        keys = keys or self.place.keys
        return await audit_seal.verify(self.conn, keys.signer.public_key())

    async def tamper(self, *statements):
        owner = self.place.owner
        for table in ("audit_event", "audit_seal", "audit_checkpoint"):
            await owner.execute(f"alter table {table} disable trigger user")
        for statement in statements:
            await owner.execute(statement)
        for table in ("audit_event", "audit_seal", "audit_checkpoint"):
            await owner.execute(f"alter table {table} enable trigger user")


async def test_a_chain_that_nobody_touched_holds(chain):
    assert await chain.verify() == audit_seal.Verdict(0, None)
    await chain.write(7)
    await chain.seal_all()
    assert await chain.verify() == audit_seal.Verdict(7, None)
    await chain.write(2)
    await chain.seal_all()
    assert await chain.verify() == audit_seal.Verdict(9, None)


@pytest.mark.parametrize(
    "edit",
    [
        "actor = 1",
        "at = at + interval '1 microsecond'",
        "action = 'x'",
        "object_id = '2'",
        "reason = 'x'",
        "area = '410122'",
        "roles = 'auditor'",
        "request_id = 'x'",
        "detail = '{\"number\": 9}'",
        "object = 'thin', object_id = 'g1'",
    ],
)
async def test_an_event_that_was_changed_is_found(chain, edit):
    await chain.write(5)
    await chain.seal_all()
    await chain.tamper(f"update audit_event set {edit} where seq = 3")
    assert await chain.verify() == audit_seal.Verdict(2, 3)


async def test_an_event_that_was_taken_out_is_found(chain):
    await chain.write(5)
    await chain.seal_all()
    await chain.tamper(
        "delete from audit_seal where seq = 3", "delete from audit_event where seq = 3"
    )
    assert await chain.verify() == audit_seal.Verdict(2, 4)


async def test_events_that_were_cut_off_the_end_are_found(chain):
    await chain.write(5)
    await chain.seal_all()
    await chain.tamper(
        "delete from audit_seal where seq > 3", "delete from audit_event where seq > 3"
    )
    assert await chain.verify() == audit_seal.Verdict(3, 0)


async def test_two_events_that_changed_places_are_found(chain):
    await chain.write(4)
    await chain.seal_all()
    await chain.tamper(
        "update audit_seal set seq = 100 + seq where false",
        "delete from audit_seal where position in (2, 3)",
        "insert into audit_seal select 2, 3, hash from audit_seal where position = 1",
        "insert into audit_seal select 3, 2, hash from audit_seal where position = 1",
    )
    assert (await chain.verify()).broken_at == 3


async def test_an_end_that_was_written_anew_without_the_key_is_found(chain):
    """Whoever can write the tables can compute the hashes, but not sign them."""
    await chain.write(5)
    await chain.seal_all()
    await chain.tamper(
        "update audit_event set reason = 'x' where seq = 5",
        "delete from audit_seal where seq > 3",
        "delete from audit_checkpoint where position > 3",
    )
    forger = Keys.of(bytes(32)).signer
    async with chain.conn.transaction():
        await audit_seal.seal(chain.conn, forger, now=NOW)
    assert (await chain.verify()).broken_at == 5
    await chain.tamper("delete from audit_checkpoint where position > 3")
    assert (await chain.verify()).broken_at == 5


async def test_another_installations_key_proves_nothing(chain):
    await chain.write(1)
    await chain.seal_all()
    assert (await chain.verify(Keys.of(bytes(32)))).broken_at == 1


async def test_writers_and_sealers_side_by_side_never_fork_the_chain(chain):
    """I-15. Transactions commit in another order than their numbers came; five sealers race."""
    url = chain.place.settings.url("yupei_sealer")
    sealers = [await asyncpg.connect(url) for _ in range(4)]
    writing = True

    async def write(number):
        async with transaction(chain.place.pool, PUBLIC, wait_seconds=20) as conn:
            await audit.write(conn, PUBLIC, "test:note", "thing", number, at=NOW)
            await asyncio.sleep(0.001 * (number % 7))

    async def seal(conn):
        while writing:
            await chain.seal(conn)
            await asyncio.sleep(0)

    try:
        racing = [asyncio.create_task(seal(conn)) for conn in sealers]
        await asyncio.gather(*[write(number) for number in range(60)])
        writing = False
        await asyncio.gather(*racing)
    finally:
        for conn in sealers:
            await conn.close()
    await chain.seal_all()
    assert await chain.verify() == audit_seal.Verdict(60, None)


async def test_an_event_of_a_transaction_that_still_runs_waits_and_those_after_it_too(chain):
    async with transaction(chain.place.pool, PUBLIC) as conn:
        await audit.write(conn, PUBLIC, "test:slow", "thing", 1, at=NOW)
        await chain.write(2)
        await chain.seal()
        assert await chain.place.owner.fetchval("select count(*) from audit_seal") == 0
    await chain.seal_all()
    assert await chain.verify() == audit_seal.Verdict(3, None)


async def test_only_one_seals_at_a_time(chain):
    second = await asyncpg.connect(chain.place.settings.url("yupei_sealer"))
    try:
        async with chain.conn.transaction():
            assert await audit.take_turn.value(chain.conn)
            assert await chain.seal(second) is None
    finally:
        await second.close()


async def test_the_job_seals_in_the_programs_name(chain, tmp_path):
    await chain.write(1)
    tools = Tools(chain.place.settings, chain.place.keys)
    run = audit_seal.run(chain.conn, NOW.date(), NOW, tools.keys.signer, tmp_path / "anchors.log")
    async with chain.conn.transaction():
        assert await run in (0, 1)
    assert SYSTEM.roles == (SYSTEM_ROLE,)


def test_fields_can_not_be_shifted_into_each_other():
    start = bytes(32)
    assert audit_seal.link(start, ("ab", "c")) != audit_seal.link(start, ("a", "bc"))
    assert audit_seal.link(start, ("", "x")) != audit_seal.link(start, ("x", ""))
