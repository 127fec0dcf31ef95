"""A place, a client and a member of staff for the tests of signing in."""

import pytest

from tests.services import web
from tests.services.web import OWN_COUNTY, Ticking


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture
def clock():
    return Ticking()


@pytest.fixture
async def client(place, clock):
    await place.owner.execute("delete from rate_bucket")
    async with web.serve(place, clock=clock) as made:
        yield made


def names():
    at = 0
    while True:
        at += 1
        yield f"clerk{at}"


NAMES = names()


@pytest.fixture
async def clerk(place):
    """A county's member of staff: login, the generator of codes, user id."""
    login = next(NAMES)
    user, totp = await web.staff(place, login, role="county_staff", area=OWN_COUNTY)
    return login, totp, user
