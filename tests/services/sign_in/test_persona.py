"""A demonstration is entered by one click; nothing else is."""

from dataclasses import replace

import pytest

from services.web.middlewares import COOKIE
from tests.services import web
from tests.services.sign_in.door import post
from tests.services.web import OWN_COUNTY


async def persona(place):
    user = await place.user("演示", role="county_staff", area=OWN_COUNTY)
    await place.owner.execute("update app_user set persona = 'county_staff' where id = $1", user)
    return user


async def test_a_persona_is_entered_in_a_demonstration_and_the_answer_says_so(client, place):
    user = await persona(place)
    page = await (await client.get("/sign-in")).text()
    assert f'name="persona" value="{user}"' in page
    answer = await post(client, "/sign-in/persona", persona=str(user))
    assert answer.status == 303
    assert answer.headers["X-Demo"] == "1"


async def test_outside_of_a_demonstration_there_is_no_such_door(place):
    user = await persona(place)
    async with web.serve(place, settings=replace(place.settings, demo=False)) as client:
        assert (await post(client, "/sign-in/persona", persona=str(user))).status == 404
        answer = await client.get("/sign-in")
        assert "X-Demo" not in answer.headers
        assert 'name="persona"' not in await answer.text()


@pytest.mark.parametrize("column", ["simulated = false", "persona = null", "disabled_at = now()"])
async def test_only_a_simulated_persona_is_entered_without_a_proof(client, place, column):
    user = await persona(place)
    await place.owner.execute(f"update app_user set {column} where id = $1", user)
    answer = await post(client, "/sign-in/persona", persona=str(user))
    await place.owner.execute("update app_user set simulated = true where id = $1", user)
    assert answer.status == 401
    assert COOKIE not in answer.cookies
