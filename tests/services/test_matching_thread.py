"""From an order to a person in a job: over HTTP, the database and the engine."""

import re
from datetime import timedelta

import pytest

from services.access import Actor, Grant
from services.db.context import transaction
from services.jobs import offers as job
from services.profiles import Profile, capacity_bytes
from services.web.market import SNAPSHOT
from tests.conftest import NOW
from tests.services import market_world, web
from tests.services.market_world import ABLE, TODAY
from tests.services.page_check import faults


def day(name, days):
    when = TODAY + timedelta(days=days)
    return {name: str(when.year), f"{name}-month": str(when.month), f"{name}-day": str(when.day)}


FORM = {
    "title": "电动缝纫工",
    "trade": "缝纫工",
    "county": web.OWN_COUNTY,
    "seats": "2",
    "min_headcount": "1",
    "work_type": "on_site",
    "wage_min": "3000",
    "wage_max": "4000",
    "wage_basis": "month",
    "contract_months": "12",
    "insurance": ["养老", "医疗", "失业", "工伤", "生育"],
    "dorm": "yes",
    "shift": "day",
    "level-foot_control": "3",
    "essential-foot_control": "yes",
    "reason-foot_control": "脚踏板控制启停",
    **day("deadline", 30),
    **day("starts_on", 40),
}


class Browser:
    """One user after another at one client."""

    def __init__(self, place, client):
        self.place, self.client, self.csrf = place, client, ""

    async def sign_in(self, user):
        self.csrf = await web.signed_in(self.place, self.client, user)

    async def get(self, path, status=200):
        async with self.client.get(path) as answer:
            text = await answer.text()
        assert answer.status == status, text
        assert faults(text) == []
        return text

    async def post(self, path, status=303, **form):
        async with self.client.post(
            path, data={**form, "csrf": self.csrf}, allow_redirects=False
        ) as answer:
            text = await answer.text()
        assert answer.status == status, text
        if status != 303:
            assert faults(text) == []
        return text if status != 303 else answer.headers["Location"]


@pytest.fixture
async def market(place):
    return await market_world.market(place)


@pytest.fixture
async def browser(place):
    async with web.serve(place) as client:
        client.app[SNAPSHOT].check_seconds = 0
        yield Browser(place, client)


def version(text):
    return re.search(r'name="version" value="(\d+)"', text)[1]


async def test_the_whole_thread(place, market, browser):
    """Posted, returned, corrected, opened, matched, confirmed, accepted, seen by name, hired."""
    person = await market.person(name="王小明")
    seeker = await place.user("王小明", role="job_seeker", person=person)

    await browser.sign_in(market.boss)
    assert "脚" in await browser.get("/orders/new?trade=缝纫工")
    url = await browser.post("/orders", **FORM)
    page = await browser.get(url)
    await browser.post(f"{url}/submit", version=version(page))

    await browser.sign_in(market.county)
    page = await browser.get(url)
    assert "请写明理由" in await browser.post(f"{url}/return", 422, version=version(page))
    await browser.post(f"{url}/return", version=version(page), reason="请写明班车")

    await browser.sign_in(market.boss)
    page = await browser.get(f"{url}/edit")
    await browser.post(url, **{**FORM, "address": "有班车"}, version=version(page))
    page = await browser.get(url)
    await browser.post(f"{url}/submit", version=version(page))

    await browser.sign_in(market.county)
    page = await browser.get(url)
    await browser.post(f"{url}/open", version=version(page))

    await browser.sign_in(market.province)
    run = await browser.post("/matching/runs")
    assert "电动缝纫工" in await browser.get(run)
    await browser.post(f"{run}/confirmation")
    assert "已经确认过" in await browser.post(f"{run}/confirmation", 422)
    await browser.get("/matching")

    await browser.sign_in(market.boss)
    page = await browser.get(f"{url}/candidates")
    assert "王小明" not in page
    assert "候选人" in page

    await browser.sign_in(seeker)
    page = await browser.get("/openings")
    offer = re.search(r"/offers/(\d+)/acceptance", page)[1]
    assert page.index("/acceptance") < page.index("现在就合适")
    await browser.post(f"/offers/{offer}/acceptance")

    await browser.sign_in(market.boss)
    assert "王小明" in await browser.get(f"{url}/candidates")
    revealed = "select count(*) from audit_event where action = 'person:reveal'"
    assert await place.owner.fetchval(revealed) == 1
    await browser.post(f"/offers/{offer}/outcome", event="hire")
    state = await place.owner.fetchval("select state from offer where id = $1", int(offer))
    assert state == "hired"
    written = "select action from audit_event where object in ('order', 'offer', 'match_run') order by seq"
    actions = [row["action"] for row in await place.owner.fetch(written)]
    assert actions == [
        "order:create",
        "order:submit",
        "order:return",
        "order:change",
        "order:submit",
        "order:open",
        "match:run",
        "match:confirm",
        "offer:accept",
        "offer:hire",
    ]


async def test_a_preview_hides_small_counts_from_employers_and_tells_what_would_change_it(
    place, market, browser
):
    """Twelve people can't work a pedal; a hand switch would bring them, in round figures."""
    cap = capacity_bytes(ABLE | {"foot_control": 0})
    for _ in range(12):
        await market.person(Profile(cap=cap, facts={"one_usable_hand": True}))
    await market.person()
    await browser.sign_in(market.boss)
    page = await browser.post("/orders", 200, **FORM, act="preview")
    assert "少于5" in page
    assert re.search(r"手控[^<]*”：多约(5|10)人", page)
    await browser.post("/orders", 200, **FORM, act="preview", **{"stance-hand_switch": "offered"})
    assert await place.owner.fetchval("select count(*) from job_order") == 0


async def test_wrong_answers_stand_beside_their_fields_and_nothing_is_lost(market, browser):
    await browser.sign_in(market.boss)
    wrong = FORM | {
        "title": "限女性，形象好",
        "reason-foot_control": "",
        "wage_max": "2000",
        "seats": "两",
    }
    page = await browser.post("/orders", 422, **wrong)
    assert 'href="#seats"' in page
    page = await browser.post("/orders", 422, **(wrong | {"seats": "2"}))
    for name in ("title", "reason-foot_control", "wage_min"):
        assert f'href="#{name}"' in page
    assert "是哪一部分工作需要" in page
    assert "限女性，形象好" in page


async def test_only_a_verified_employer_posts(place, market, browser):
    await place.owner.execute("update employer set verified_at = null")
    await browser.sign_in(market.boss)
    assert "核验" in await browser.post("/orders", 422, **FORM)
    await browser.sign_in(market.county)
    await browser.get("/orders")
    looked = ["credit_code", "licence", "contact"]
    await browser.post(f"/employers/{market.employer}/verification", looked=looked)
    await browser.sign_in(market.boss)
    await browser.post("/orders", **FORM)


async def test_an_edit_from_an_old_page_is_refused_and_kept(market, browser):
    await browser.sign_in(market.boss)
    url = await browser.post("/orders", **FORM)
    old = version(await browser.get(f"{url}/edit"))
    await browser.post(url, **FORM, version=old)
    page = await browser.post(url, 412, **(FORM | {"title": "另一个名称"}), version=old)
    assert "另一个名称" in page


async def test_an_unknown_is_asked_and_its_answer_moves_the_opening(place, market, browser):
    """Unknown means ask, never fail: the answer is sealed, and the lists follow at once."""
    cap = {key: level for key, level in ABLE.items() if key != "foot_control"}
    person = await market.person(Profile(cap=capacity_bytes(cap)))
    helper = await place.user("家人", role="helper", person=person)
    await market.order()
    await browser.sign_in(helper)
    page = await browser.get("/openings")
    assert 'name="key" value="foot_control"' in page
    answer = {"person": str(person), "about": "capacity", "key": "foot_control"}
    assert "选项" in await browser.post("/openings/answers", 422, **answer, value="9")
    await browser.post("/openings/answers", **answer, value="4")
    page = await browser.get("/openings")
    assert 'name="key" value="foot_control"' not in page
    assert "直接胜任" in page
    log = await place.owner.fetchval(
        "select detail::text from audit_event where action = 'profile:answer'"
    )
    assert "4" not in log  # what was asked, never what was answered


async def test_a_refused_opening_says_why_and_what_would_change_it(place, market, browser):
    person = await market.person(Profile(cap=capacity_bytes(ABLE | {"foot_control": 0})))
    seeker = await place.user("王", role="job_seeker", person=person)
    order = await market.order()
    await browser.sign_in(seeker)
    page = await browser.get(f"/openings/{order}")
    assert "暂不匹配" in page
    assert "手控" in page


async def test_declining_costs_nothing_and_gives_the_seat_back(place, market, browser):
    person, order = await market.person(), await market.order(seats=1)
    seeker = await place.user("王", role="job_seeker", person=person)
    await browser.sign_in(market.county)
    await browser.post(f"/orders/{order}/reservations", person=str(person))
    taken = "select taken from job_order where id = $1"
    assert await place.owner.fetchval(taken, order) == 1
    await browser.sign_in(seeker)
    offer = re.search(r"/offers/(\d+)/decline", await browser.get("/openings"))[1]
    await browser.post(f"/offers/{offer}/decline")
    assert await place.owner.fetchval(taken, order) == 0
    await browser.post(f"/offers/{offer}/acceptance", 409)
    await browser.sign_in(market.province)
    await browser.post("/matching/runs")
    assert (
        await place.owner.fetchval("select count(*) from allotment") == 0
    )  # it isn't offered again


async def test_a_wish_and_a_question_reach_the_next_run_and_the_employer(place, market, browser):
    person, order = await market.person(), await market.order()
    seeker = await place.user("王", role="job_seeker", person=person)
    await browser.sign_in(seeker)
    await browser.post(f"/openings/{order}/wish", person=str(person))
    await browser.post(f"/openings/{order}/questions", person=str(person), text="有宿舍吗？")
    await browser.post(f"/openings/{order}/questions", 422, person=str(person), text=" ")
    assert "您报过名" in await browser.get("/openings")
    await browser.sign_in(market.boss)
    page = await browser.get(f"/orders/{order}")
    question = re.search(r"/questions/(\d+)/answer", page)[1]
    await browser.post(f"/questions/{question}/answer", answer="有，免费")
    await browser.sign_in(seeker)
    assert "有，免费" in await browser.get("/openings")
    await browser.post(f"/openings/{order}/wish-withdrawal", person=str(person))
    await browser.post("/openings/recommendations", person=str(person), on="no")
    assert "关闭推荐" in await browser.get("/openings")


async def test_a_person_is_not_refused_by_who_they_are(place, market, browser):
    """The employer's reason is about the work; one about the person is turned into a question."""
    person, order = await market.person(), await market.order()
    seeker = await place.user("王", role="job_seeker", person=person)
    await browser.sign_in(market.county)
    await browser.post(f"/orders/{order}/reservations", person=str(person))
    await browser.sign_in(seeker)
    offer = re.search(r"/offers/(\d+)/acceptance", await browser.get("/openings"))[1]
    await browser.post(f"/offers/{offer}/acceptance")
    await browser.sign_in(market.boss)
    path = f"/offers/{offer}/outcome"
    assert "请写明" in await browser.post(path, 422, event="not_hire")
    assert "不是岗位" in await browser.post(path, 422, event="not_hire", reason="肢体残疾")
    await browser.post(path, event="not_hire", reason="接线工序做不到")
    held = await place.owner.fetchval("select taken from job_order where id = $1", order)
    assert held == 0


async def test_a_cancelled_order_tells_who_lost_a_place(place, market, browser):
    person, order = await market.person(), await market.order()
    seeker = await place.user("王", role="job_seeker", person=person)
    await browser.sign_in(market.county)
    await browser.post(f"/orders/{order}/reservations", person=str(person))
    await browser.sign_in(market.boss)
    page = await browser.get(f"/orders/{order}")
    await browser.post(f"/orders/{order}/cancel", version=version(page), reason="停产")
    await browser.sign_in(seeker)
    assert "已撤回" in await browser.get("/openings")
    assert await place.owner.fetchval("select taken from job_order where id = $1", order) == 0


async def test_nobody_answers_for_somebody_else(place, market, browser):
    mine, other = await market.person(), await market.person()
    order = await market.order()
    seeker = await place.user("王", role="job_seeker", person=mine)
    await browser.sign_in(market.county)
    await browser.post(f"/orders/{order}/reservations", person=str(other))
    offer = await place.owner.fetchval("select id from offer")
    await browser.sign_in(seeker)
    await browser.post(f"/offers/{offer}/acceptance", 404)
    await browser.post(f"/openings/{order}/wish", 403, person=str(other))
    await browser.get(f"/openings?person={other}", 403)


async def test_the_api_does_the_same(place, market, browser):
    await market.person()
    await browser.sign_in(market.boss)
    draft = {
        "title": "电动缝纫工",
        "trade": "缝纫工",
        "county": web.OWN_COUNTY,
        "seats": 1,
        "wage_min": 3000,
        "wage_max": 4000,
        "contract_months": 6,
        "starts_on": str(TODAY + timedelta(days=40)),
        "deadline": str(TODAY + timedelta(days=30)),
    }
    call = browser.client
    headers = {"X-CSRF-Token": browser.csrf}
    made = await call.post(
        "/api/orders", json={"employer": market.employer, "order": draft}, headers=headers
    )
    assert made.status == 201
    order = (await made.json())["id"]
    path = f"/api/orders/{order}"
    read = await call.get(path)
    assert read.headers["ETag"] == '"1"'
    assert (await call.put(path, json=draft, headers=headers)).status == 428
    stale = await call.put(path, json=draft, headers={**headers, "If-Match": '"7"'})
    assert stale.status == 412
    fine = await call.put(path, json=draft, headers={**headers, "If-Match": '"1"'})
    assert await fine.json() == {"id": order, "version": 2}
    told = await (await call.post("/api/orders/preview", json=draft, headers=headers)).json()
    assert told["counts"][0][1] == "少于5"
    assert any("12个月" in words for words in told["warnings"])
    wrong = await call.post("/api/orders/preview", json=draft | {"seats": 0}, headers=headers)
    assert "seats" in (await wrong.json())["errors"]


async def test_offers_lapse_after_the_days_that_are_set(place, market, browser):
    person, order = await market.person(), await market.order(seats=1)
    await place.owner.execute(
        "insert into policy_setting values ('offer_hold_days', '2020-01-01', '3', '测试', null)"
    )
    await browser.sign_in(market.county)
    await browser.post(f"/orders/{order}/reservations", person=str(person))
    until = await place.owner.fetchval("select reserved_until from offer")
    assert until == NOW + timedelta(days=3)
    system = Actor(None, (Grant("system", web.PROVINCE),), request_id="job")
    for when, freed in ((until - timedelta(seconds=1), 0), (until, 1), (until, 0)):
        async with transaction(place.pool, system) as conn:
            assert await job.run(conn, TODAY, when, system) == freed
    assert await place.owner.fetchval("select taken from job_order where id = $1", order) == 0


async def test_a_run_is_confirmed_and_answered_over_the_api(place, market, browser):
    person, order = await market.person(), await market.order(seats=1)
    seeker = await place.user("王", role="job_seeker", person=person)
    call = browser.client

    async def send(method, path, status=200, **more):
        headers = {"X-CSRF-Token": browser.csrf}
        async with call.request(method, path, headers=headers, **more) as answer:
            told = await answer.json(content_type=None)
        assert answer.status == status, told
        return told

    await browser.sign_in(market.province)
    run = await send("POST", "/api/matching/runs", 201)
    assert (run["filled"], run["value"], run["gap"]) == (1, run["bound"], "0.0")
    confirmed = await send("POST", f"/api/matching/runs/{run['id']}/confirmation")
    assert confirmed["reserved"] == 1
    assert (await send("GET", "/api/matching/runs"))[0]["confirmed"]

    await browser.sign_in(seeker)
    found = await send("GET", "/api/openings")
    assert [one["order"] for one in found["fitting"]] == [order]
    offer = found["offers"][0]["id"]
    told = await send("POST", f"/api/offers/{offer}/reply", json={"event": "accept"})
    assert told == {"state": "accepted"}
    wished = {"person": person}
    assert await send("POST", f"/api/openings/{order}/wish", json=wished) == {"done": True}
    asked = {"person": person, "text": "几点上班？"}
    await send("POST", f"/api/openings/{order}/questions", json=asked)
    unknown = {"person": person, "about": "fact", "key": "signs", "value": "no"}
    await send("POST", "/api/openings/answers", json=unknown)

    await browser.sign_in(market.boss)
    card = (await send("GET", f"/api/orders/{order}/candidates"))[0]
    assert card["name"] == "王小明"
    assert not {"category", "grade", "certificate"} & set(card)
    path = f"/api/offers/{offer}/outcome"
    await send("POST", path, 422, json={"event": "not_hire"})
    assert await send("POST", path, json={"event": "hire"}) == {"state": "hired"}


async def test_an_employer_whose_request_is_wrong_is_told_each_field(market, browser):
    await browser.sign_in(market.boss)
    page = await browser.post("/orders", 422, **(FORM | {"level-foot_control": "7"}))
    assert 'href="#level-foot_control"' in page
    refused = {"stance-hand_switch": "refused", "why-hand_switch": ""}
    page = await browser.post("/orders", 422, **FORM, **refused)
    assert 'href="#why-hand_switch"' in page
