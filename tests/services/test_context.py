"""Who asks is told with BEGIN and forgotten with the end of the transaction: nothing stays on a connection."""

import asyncio
import re

import asyncpg
import pytest

from services.access import Actor, Grant
from services.db.context import connection, opening, transaction
from services.db.pool import open_pool
from sql import load, rooms

TOLD = (
    "select current_setting('yupei.user', true) as who, current_setting('yupei.areas', true) as areas,"
    " current_setting('yupei.roles', true) as roles"
)
ASKER = Actor(7, (Grant("county_staff", "410122"), Grant("province_staff", "410000")))


@pytest.fixture
async def one(place):
    """A pool of one connection: who comes next gets what the last one left."""
    pool = await open_pool(place.settings.url("yupei_app"), size=1)
    yield pool
    await pool.close()


async def told(conn):
    return [value or "" for value in await conn.fetchrow(TOLD)]


async def test_the_transaction_knows_who_asks(one):
    async with transaction(one, ASKER) as conn:
        assert await told(conn) == ["7", "410122,410000", "county_staff,province_staff"]


async def test_the_next_on_the_connection_is_nobody(one):
    async with transaction(one, ASKER) as conn:
        await told(conn)
    async with connection(one) as conn:
        assert await told(conn) == ["", "", ""]
        async with conn.transaction():
            assert await told(conn) == ["", "", ""]
    async with transaction(one, Actor(None)) as conn:
        assert await told(conn) == ["", "", ""]


async def test_after_an_error_and_after_a_cancelling_nothing_stays_either(one):
    with pytest.raises(asyncpg.UndefinedTableError):
        async with transaction(one, ASKER) as conn:
            await conn.execute("select from no_such_table")

    async def hang():
        async with transaction(one, ASKER) as conn:
            await conn.execute("select pg_sleep(30)")

    hanging = asyncio.create_task(hang())
    await asyncio.sleep(0.2)
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    async with connection(one) as conn:
        assert await told(conn) == ["", "", ""]


async def test_a_transaction_that_is_left_open_is_undone_when_its_connection_comes_back(one):
    async with connection(one) as conn:
        await conn.execute("begin; select set_config('yupei.user', '7', true)")
    async with connection(one) as conn:
        assert not conn.is_in_transaction()
        assert await told(conn) == ["", "", ""]


async def test_what_a_query_would_leave_on_its_connection_would_be_seen(one):
    """The positive control: a setting that outlives its transaction is there for the next."""
    async with transaction(one, ASKER) as conn:
        await conn.execute("select set_config('yupei.user', '7', false)")
    async with connection(one) as conn:
        assert (await told(conn))[0] == "7"


@pytest.mark.parametrize("room", rooms())
def test_no_query_leaves_anything_on_its_connection(room):
    """Connections are not cleaned between requests, so no query may need it."""
    for name, text in load(room).items():
        words = re.sub(r"--.*", "", text).lower()
        assert not re.search(r"^\s*(set(?!_)|listen|declare|prepare|load)\s", words), name
        assert not re.search(r"pg_(try_)?advisory_lock", words), name
        assert not re.search(r"set_config\([^)]*,\s*false\s*\)", words), name


def test_a_grant_that_names_no_plain_word_is_not_put_into_a_statement():
    for area in ("41'; drop table person; --", "河南", "41 0000"):
        with pytest.raises(ValueError, match="plain word"):
            opening(Actor(1, (Grant("county_staff", area),)))
    assert "'410122,410000'" in opening(ASKER)
