"""The ways to the door, for the tests of signing in."""

from services.access import Actor
from tests.services.web import PASSWORD

PUBLIC = Actor(None, request_id="test")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


async def post(client, path, **form):
    """The answer to a form without a session."""
    return await client.post(path, data=form, allow_redirects=False)


async def enter(client, login, code, password=PASSWORD, **more):
    return await post(client, "/sign-in/staff", login=login, password=password, code=code, **more)


async def reach(client, path="/staff"):
    return (await client.get(path, allow_redirects=False)).status
