"""The occupation of an order from free text: proposals to choose from, never a silent answer."""

import re
from urllib.parse import quote

import pytest

from services.actions.drafts import occupation
from tests.services import market_world, web
from tests.services.page_check import faults


@pytest.fixture
async def boss(place):
    """A client signed in for a verified employer."""
    market = await market_world.market(place)
    async with web.serve(place) as client:
        await web.signed_in(place, client, market.boss)
        yield client


async def page(client, **query):
    words = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    async with client.get(f"/orders/new?{words}") as answer:
        assert answer.status == 200
        text = await answer.text()
    assert faults(text) == []
    return text


def offered(text):
    return re.findall(r'type="radio" id="[^"]+" name="trade" value="([^"]+)"', text)


async def test_a_typed_title_brings_up_to_five_occupations_and_none_of_these(boss):
    *values, last = offered(await page(boss, trade="服装厂急招平缝工5名（包吃住）"))
    assert values[0] == "缝纫工"
    assert 1 < len(values) <= 5
    assert last == "none"


async def test_the_choice_opens_the_form_with_the_title_as_typed(boss):
    text = await page(boss, title="服装厂平缝工", trade="缝纫工")
    assert 'value="服装厂平缝工"' in text
    assert 'value="缝纫工"' in text


async def test_no_answer_is_taken_silently_however_sure_it_is(boss):
    """Two letters off a known trade: the form does not open, the question does."""
    text = await page(boss, trade="缝纫功")
    assert "缝纫工" in offered(text)
    assert 'name="seats"' not in text


async def test_none_of_these_shows_all_trades_and_keeps_the_words(boss):
    text = await page(boss, title="古怪工作", trade="none")
    assert offered(text) == []
    assert 'value="古怪工作"' in text
    assert "绒线编织拼布工" in text
    assert quote("古怪工作") in text


async def test_words_that_name_no_job_bring_no_proposal(boss):
    assert offered(await page(boss, trade="高薪急聘")) == []


async def test_an_occupation_outside_the_programmes_trades_can_be_ordered(boss):
    """焊工 is no trade of ours; the national classification knows it."""
    assert occupation("焊工").code == "6-18-02-04"
    assert occupation("6-18-02-04").zh == "焊工"
    assert 'name="seats"' in await page(boss, trade="焊工")


def test_a_trade_of_ours_comes_before_the_classification_and_groups_are_no_occupation():
    assert occupation("6-05-01-03").en == "Sewing machine operator"
    assert occupation("工程技术人员") is None
    assert occupation("2-02-00-00") is None


async def test_the_api_tells_codes_with_probabilities(boss):
    async with boss.get("/api/titles?title=" + quote("盲人按摩师（月薪6k）")) as answer:
        assert answer.status == 200
        told = await answer.json()
    assert told["candidates"][0]["code"] == "4-10-04-02"
    assert told["level"] == "code"
    assert told["sure"]["probability"] > 0.7
    assert len(told["candidates"]) == 5


async def test_the_api_asks_for_a_title(boss):
    async with boss.get("/api/titles") as answer:
        assert answer.status == 422


async def test_who_writes_no_orders_is_not_answered(place):
    person = await place.user("求职者", role="job_seeker")
    async with web.serve(place) as client:
        await web.signed_in(place, client, person)
        async with client.get("/api/titles?title=x") as answer:
            assert answer.status in {403, 404}
