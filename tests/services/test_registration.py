"""People and employers come in by themselves: asked plainly, checked, found twice, and let go."""

import asyncio
import json
import re
from datetime import date

import asyncpg
import pytest

from accreditation.credit_code import check_sign
from matching.orders.identity import check_digit
from services.access import Actor, Denied, Grant
from services.actions import (
    abilities,
    categories,
    consents,
    employers,
    own_data,
    people,
    registration,
)
from services.db.context import transaction
from services.profiles import capacity_of
from services.sealing import SealBroken, profile_seal
from services.snapshot import Snapshot
from tests.conftest import NOW
from tests.services import web
from tests.services.floors import unguarded
from tests.services.market_world import TODAY, market
from tests.services.page_check import check_page
from tests.services.web import OTHER_COUNTY, OWN_COUNTY, signed_in

PHONE = "1990000" + "0031"
NAME = "赵待删除"


def identity_number(serial=1, born="19900307", area="410122"):
    body = f"{area}{born}{serial:03d}"
    return body + check_digit(body)


def credit(serial=1):
    body = f"91410122{serial:09d}"
    return body + check_sign(body)


class Codes:
    """Catches what would be sent."""

    def __init__(self):
        self.last = ""

    async def send(self, conn, phone, kind, *, now, simulated, **values):
        self.last = values["code"]


@pytest.fixture
def seal(place):
    return profile_seal(place.settings.matcher_key)


async def newcomer(place, **changes):
    """An account with a phone and a registered person; the actor afterwards, and the person."""
    user = await web.with_phone(place, changes.pop("account", PHONE))
    given = {
        "name": NAME,
        "county": OWN_COUNTY,
        "birth": date(1990, 3, 7),
        "purposes": ("matching", "show_to_employer"),
    } | changes
    async with transaction(place.pool, Actor(user, request_id="t", simulated=True)) as conn:
        person = await registration.register(
            conn,
            place.keys,
            profile_seal(place.settings.matcher_key),
            Actor(user, simulated=True),
            registration.Newcomer(**given),
            today=TODAY,
            now=NOW,
        )
    return await place.actor(user), person


async def join(place, client, sms, phone=PHONE, kind="person"):
    """Walks in by phone; the answer to the code."""
    sent = await client.post("/join", data={"phone": phone, "kind": kind})
    token = re.search(r'name="request" value="([^"]+)"', await sent.text())[1]
    return await client.post(
        "/join/code",
        data={"request": token, "phone": phone, "kind": kind, "code": sms.last},
        allow_redirects=False,
    )


async def active(place, person):
    return await place.owner.fetchval(
        "select m.active from matching_profile m join person p on p.pseudonym = m.pseudonym"
        " where p.id = $1",
        person,
    )


async def test_a_person_comes_in_by_phone_and_answers_page_by_page(place, seal):
    sms = Codes()
    async with web.serve(place, sms=sms) as client:
        check_page(await (await client.get("/join")).text())
        arrived = await join(place, client, sms)
        assert (arrived.status, arrived.headers["Location"]) == (303, "/people/new")
        shown = await (await client.get("/people/new")).text()
        check_page(shown)
        csrf = re.search(r'name="csrf" value="([^"]+)"', shown)[1]
        made = await client.post(
            "/people",
            data={
                "csrf": csrf, "name": NAME, "county": OWN_COUNTY, "birth": "1990-03-07",
                "purposes": "matching",
            },
            allow_redirects=False,
        )  # fmt: skip
        assert made.status == 303, await made.text()
        home = made.headers["Location"]
        for path in ("", "/abilities", "/abilities?sheet=4", "/abilities?sheet=5", "/comparison",
                     "/wishes", "/skills", "/identity", "/consents", "/looks", "/erasure"):  # fmt: skip
            for language in ("zh", "en"):
                page = await client.get(home + path, headers={"Accept-Language": language})
                assert page.status == 200, path
                check_page(await page.text())
        answered = await client.post(
            f"{home}/abilities?sheet=1",
            data={"csrf": csrf, "stand": "2", "lift": "", "walk": "3"},
            allow_redirects=False,
        )
        assert answered.headers["Location"] == f"{home}/abilities?sheet=2"
        again = await (await client.get(f"{home}/abilities?sheet=1")).text()
        assert re.search(r'name="stand"[^>]*value="2"[^>]*checked', again)
        wished = await client.post(
            f"{home}/wishes",
            data={"csrf": csrf, "occupations": "缝纫工", "least-wage": "2500", "dorm": "yes"},
            allow_redirects=False,
        )
        assert wished.status == 303, await wished.text()
        skilled = await client.post(
            f"{home}/skills",
            data={"csrf": csrf, "occupation": "缝纫工", "kind": "learnt", "level": "0"},
            allow_redirects=False,
        )
        assert skilled.status == 303, await skilled.text()
        exported = json.loads(await (await client.get(f"{home}/export.json")).read())
    assert exported["name"] == NAME
    assert exported["abilities"]["self"] == {"stand": 2, "walk": 3}
    assert exported["wishes"][1] == 2500
    person = int(home.rsplit("/", 1)[1])
    assert await active(place, person)


async def test_without_consent_nobody_is_in_the_market_and_the_database_holds_it(place):
    actor, person = await newcomer(place, purposes=())
    assert not await active(place, person)
    change = "update matching_profile set active = true"
    async with transaction(place.pool, actor) as conn:
        with pytest.raises(asyncpg.CheckViolationError, match="market_needs_consent"):
            async with conn.transaction():
                await conn.execute(change)
    off = "alter table matching_profile disable trigger market_needs_consent"
    async with unguarded(place, actor, off) as conn:
        assert await conn.execute(change) == "UPDATE 1"


async def test_the_record_tells_who_gave_each_consent(place, seal):
    await newcomer(place)
    staff = await place.actor(await place.user("县残联", role="county_staff", area=OWN_COUNTY))
    async with transaction(place.pool, staff) as conn:
        await registration.register(
            conn, place.keys, seal, staff,
            registration.Newcomer(
                "别人", OWN_COUNTY, date(1980, 1, 1), purposes=("matching",), reason="到场口述"
            ),
            today=TODAY, now=NOW,
        )  # fmt: skip
    rows = await place.owner.fetch(
        "select purpose, given_through, text_version from consent order by person_id, purpose"
    )
    assert [tuple(row) for row in rows] == [
        ("matching", "self", consents.VERSION),
        ("show_to_employer", "self", consents.VERSION),
        ("matching", "staff", consents.VERSION),
    ]


async def test_who_withdraws_is_out_of_every_list_within_a_second(place, seal):
    actor, person = await newcomer(place)
    snapshot = Snapshot(place.settings)
    snapshot.start(lambda: TODAY)
    try:
        pseudonym = await place.owner.fetchval("select pseudonym from person where id = $1", person)
        assert str(pseudonym) in (await snapshot.current(TODAY)).crowd
        async with transaction(place.pool, actor) as conn:
            await consents.withdraw(conn, actor, person, "matching", now=NOW)
        for _look in range(10):
            await asyncio.sleep(0.1)
            if str(pseudonym) not in (await snapshot.current(TODAY)).crowd:
                break
        else:
            pytest.fail("still in the market after a second")
    finally:
        await snapshot.close()


async def test_a_withdrawn_consent_gives_the_kept_seat_back(place, seal):
    made = await market(place)
    order = await made.order()
    actor, person = await newcomer(place)
    await place.owner.execute("update job_order set taken = 1 where id = $1", order)
    await web.add(
        place, "offer", order_id=order, person_id=person, state="reserved", holds_seat=True,
        bin="now", accommodations=[], reserved_at=NOW, reserved_until=NOW, simulated=True,
    )  # fmt: skip
    async with transaction(place.pool, actor) as conn:
        await consents.withdraw(conn, actor, person, "matching", now=NOW)
    assert await place.owner.fetchval("select taken from job_order where id = $1", order) == 0
    assert await place.owner.fetchval("select state from offer") == "withdrawn"


async def test_an_employer_loses_the_name_with_the_consent(place):
    made = await market(place)
    order = await made.order()
    actor, person = await newcomer(place)
    await web.add(
        place, "offer", order_id=order, person_id=person, state="accepted", holds_seat=True,
        bin="now", accommodations=[], reserved_at=NOW, reserved_until=NOW, simulated=True,
    )  # fmt: skip
    boss, count = await place.actor(made.boss), "select count(*) from person"
    async with transaction(place.pool, boss) as conn:
        assert await conn.fetchval(count) == 1
    async with transaction(place.pool, actor) as conn:
        await consents.withdraw(conn, actor, person, "show_to_employer", now=NOW)
    async with transaction(place.pool, boss) as conn:
        assert await conn.fetchval(count) == 0


async def test_a_number_is_registered_once_and_only_its_holder_learns_where(place, seal):
    number = identity_number()
    _actor, person = await newcomer(place, identity=number, birth=None)
    stranger = await web.with_phone(place, "1990000" + "0032")
    county = await place.actor(await place.user("县残联", role="county_staff", area=OTHER_COUNTY))
    found = {}
    for who in (Actor(stranger), county):
        async with transaction(place.pool, who) as conn:
            with pytest.raises(registration.Duplicate) as caught:
                await registration.register(
                    conn, place.keys, seal, who,
                    registration.Newcomer(
                        "别人", OTHER_COUNTY, identity=number, reason="到场口述"
                    ),
                    today=TODAY, now=NOW,
                )  # fmt: skip
        found[who.user] = caught.value.found[0]
    assert (found[stranger].name, found[stranger].person) == ("", None)
    assert found[county.user].name == NAME[0] + "***"[: len(NAME) - 1]
    assert found[county.user].person is None  # another county's record is not opened
    assert await place.owner.fetchval("select count(*) from person") == 1
    async with transaction(place.pool, Actor(stranger)) as conn:
        with pytest.raises(Denied):
            await registration.claim(
                conn, place.keys, Actor(stranger), number, today=TODAY, now=NOW
            )
    assert person


async def test_who_was_registered_by_staff_takes_the_record_over_with_phone_and_number(place, seal):
    staff = await place.actor(await place.user("县残联", role="county_staff", area=OWN_COUNTY))
    number = identity_number(2)
    async with transaction(place.pool, staff) as conn:
        person = await registration.register(
            conn, place.keys, seal, staff,
            registration.Newcomer(NAME, OWN_COUNTY, identity=number, phone=PHONE, reason="到场口述"),
            today=TODAY, now=NOW,
        )  # fmt: skip
    user = await web.with_phone(place, PHONE)
    async with transaction(place.pool, Actor(user)) as conn:
        found = await registration.claim(
            conn, place.keys, Actor(user), number, today=TODAY, now=NOW
        )
    assert found == person
    assert (await place.actor(user)).persons == (person,)


async def test_staff_act_for_people_of_their_county_and_say_why(place, seal):
    staff = await place.actor(await place.user("县残联", role="county_staff", area=OWN_COUNTY))
    new = registration.Newcomer(NAME, OWN_COUNTY, birth=date(1990, 1, 1))
    async with transaction(place.pool, staff) as conn:
        with pytest.raises(Exception, match="代办须写明理由"):
            await registration.register(conn, place.keys, seal, staff, new, today=TODAY, now=NOW)
    async with transaction(place.pool, staff) as conn:
        with pytest.raises(Denied):
            await registration.register(
                conn, place.keys, seal, staff,
                registration.Newcomer(NAME, OTHER_COUNTY, date(1990, 1, 1), reason="口述"),
                today=TODAY, now=NOW,
            )  # fmt: skip


async def test_three_sources_stand_side_by_side_and_the_profile_is_rebuilt_at_once(place, seal):
    actor, person = await newcomer(place)
    staff = await place.actor(await place.user("县残联", role="county_staff", area=OWN_COUNTY))
    for who, source, level in ((actor, "self", 3), (staff, "observer", 2)):
        async with transaction(place.pool, who) as conn:
            await abilities.rate(
                conn, who, seal, person, source, "seen",
                abilities.Told({"stand": level}, {}), now=NOW,
            )  # fmt: skip
    async with transaction(place.pool, actor) as conn:
        row = await people.in_hand(conn, actor, person)
        (compared,) = await abilities.side_by_side(conn, seal, row)
        profile = await abilities.profile_of(conn, seal, row)
    assert {key: word.level for key, word in compared.words.items()} == {"self": 3, "observer": 2}
    assert compared.differ
    assert compared.words["observer"].on == TODAY
    assert (capacity_of(profile.cap), capacity_of(profile.observed)) == ({"stand": 3}, {"stand": 2})
    async with transaction(place.pool, actor) as conn:
        with pytest.raises(Denied):
            await abilities.rate(
                conn, actor, seal, person, "observer", "seen",
                abilities.Told({"stand": 4}, {}), now=NOW,
            )  # fmt: skip


async def test_an_unknown_area_is_a_warning_and_the_certificate_must_be_of_the_person(place):
    actor, person = await newcomer(place)
    number = identity_number(3, area="419999")
    other = identity_number(4)
    async with transaction(place.pool, actor) as conn:
        known = await registration.identify(
            conn, place.keys, actor, person, registration.Numbers(number), today=TODAY, now=NOW
        )
        assert not known
        with pytest.raises(Exception, match="应与身份证号相同"):
            await registration.identify(
                conn, place.keys, actor, person,
                registration.Numbers(number, other + "42", date(2020, 1, 1), {4: 2}),
                today=TODAY, now=NOW,
            )  # fmt: skip
        await registration.identify(
            conn, place.keys, actor, person,
            registration.Numbers(number, number + "42", date(2020, 1, 1), {4: 2}),
            today=TODAY, now=NOW,
        )  # fmt: skip
        (one,) = await categories.read(conn, actor, place.keys, person, "own_data", now=NOW)
        assert one.kinds == ((4, 2),)
        with pytest.raises(Exception, match="用途"):
            await categories.read(conn, actor, place.keys, person, "curiosity", now=NOW)


async def test_a_person_reads_who_looked_and_why_and_nobody_elses(place):
    actor, person = await newcomer(place)
    staff = await place.actor(await place.user("县残联", role="county_staff", area=OWN_COUNTY))
    async with transaction(place.pool, staff) as conn:
        await own_data.reveal(conn, staff, place.keys, person, "通知面试", now=NOW)
    async with transaction(place.pool, actor) as conn:
        seen = await own_data.looks(conn, actor, person)
    assert [(one.action, one.reason) for one in seen][:1] == [("person:reveal", "通知面试")]
    other, count = (
        Actor(None, (Grant("job_seeker", person=person + 1),)),
        "select count(*) from audit_event",
    )
    async with transaction(place.pool, other) as conn:
        assert await conn.fetchval(count) == 0
    policy = "create policy leak on audit_event for select to yupei_app using (true)"
    async with unguarded(place, other, policy) as conn:
        assert await conn.fetchval(count) > 0


async def opened_dump(place):
    """Everything in every table as text, with every sealed value that opens opened."""
    tables = await place.owner.fetch(
        "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
    )
    conn = await asyncpg.connect(place.settings.database_url)
    said = []
    try:
        for table in (row["relname"] for row in tables):
            for row in await conn.fetch(f'select * from "{table}"'):
                for column, value in row.items():
                    said.append(str(value))
                    if not column.endswith("_cipher") or not value:
                        continue
                    what = column.removesuffix("_cipher")
                    places = [
                        f"{table}.{what}",
                        *(f"{table}.{what}.{row.get(k)}" for k in ("id", "person_id")),
                    ]
                    for spot in places:
                        try:
                            said.append(place.keys.open(value, spot))
                        except SealBroken:  # sealed for another place
                            continue
    finally:
        await conn.close()
    return "\n".join(said)


async def test_who_is_erased_is_in_no_table_and_the_log_keeps_the_number_of_the_record(place, seal):
    number, sms_phone = identity_number(5), PHONE
    actor, person = await newcomer(place, identity=number, birth=None)
    async with transaction(place.pool, actor) as conn:
        await registration.identify(
            conn, place.keys, actor, person,
            registration.Numbers("", number + "42", date(2020, 1, 1), {4: 2}), today=TODAY, now=NOW,
        )  # fmt: skip
        await abilities.add_skill(
            conn, actor, place.keys, seal, person,
            abilities.Skill("缝纫工", "level", 2, number="ZS-" + NAME, issued_on=TODAY), now=NOW,
        )  # fmt: skip
    async with web.serve(place) as client:  # a code goes to the outbox
        await client.post("/sign-in/phone", data={"phone": sms_phone})
        before = await opened_dump(place)
        assert all(one in before for one in (NAME, number, sms_phone))
        csrf = await signed_in(place, client, actor.user)
        gone = await client.post(
            f"/people/{person}/erasure",
            data={"csrf": csrf, "reason": "own", "sure": "yes"},
            allow_redirects=False,
        )
        assert gone.status == 303, await gone.text()
        await signed_in(place, client, await place.user("系统", role="system_administrator"))
        assert (await client.get("/users")).status == 200
    after = await opened_dump(place)
    assert [one for one in (NAME, number, sms_phone) if one in after] == []
    logged = await place.owner.fetchrow(
        "select reason, object_id from audit_event where action = 'person:erase'"
    )
    assert tuple(logged) == ("own", str(person))
    assert await place.owner.fetchval("select count(*) from matching_profile") == 0


async def test_an_employer_posts_only_once_the_county_looked_at_all_three(place):
    sms = Codes()
    made = await market(place)
    async with web.serve(place, sms=sms) as client:
        await join(place, client, sms, "1990000" + "0077", "employer")
        shown = await (await client.get("/employers/new")).text()
        check_page(shown)
        csrf = re.search(r'name="csrf" value="([^"]+)"', shown)[1]
        facts = {
            "csrf": csrf, "name": "新厂", "credit-code": credit(7), "county": OWN_COUNTY,
            "address": "人民路1号", "contact-name": "钱经理", "contact-phone": "0371-66660000",
            "staff": "30", "staff-counted": "0",
        }  # fmt: skip
        wrong = await client.post("/employers", data=facts | {"credit-code": credit(7)[:-1] + "I"})
        assert wrong.status == 422
        done = await client.post("/employers", data=facts, allow_redirects=False)
        assert done.status == 303, await done.text()
        home = done.headers["Location"]
        check_page(await (await client.get(home)).text())
        csrf = await signed_in(place, client, made.county)
        check_page(await (await client.get(home)).text())
        half = await client.post(f"{home}/verification", data={"csrf": csrf, "looked": "licence"})
        assert half.status == 422
        whole = await client.post(
            f"{home}/verification",
            data=[("csrf", csrf), *(("looked", one) for one in employers.CHECKS)],
            allow_redirects=False,
        )
        assert whole.status == 303, await whole.text()
        bad = await client.post(
            f"{home}/findings",
            data={"csrf": csrf, "clear": "no", "finding": "地址查无此厂"},
            allow_redirects=False,
        )
        assert bad.status == 303
    verified = await place.owner.fetchval("select verified_at from employer where name = '新厂'")
    assert verified is None


@pytest.mark.parametrize(
    ("birth", "day"),
    [
        (date(1990, 3, 7), TODAY),
        (date(TODAY.year - 15, 12, 31), date(TODAY.year + 1, 12, 31)),
        (date(2012, 2, 29), date(2028, 2, 29)),
    ],
)
async def test_of_who_is_of_age_the_day_of_birth_is_not_kept(place, birth, day):
    await newcomer(place, birth=birth)
    assert await place.owner.fetchval("select may_work_from from matching_profile") == day


async def test_nobody_tries_number_after_number(place):
    _actor, person = await newcomer(place)
    user = await place.owner.fetchval("select user_id from role_grant where person_id = $1", person)
    async with web.serve(place) as client:
        csrf = await signed_in(place, client, user)
        answers = [
            (
                await client.post(
                    f"/people/{person}/identity",
                    data={"csrf": csrf, "identity": identity_number(at)},
                )
            ).status
            for at in range(100, 121)
        ]
    assert set(answers[:20]) == {200}
    assert answers[20] == 429


async def test_the_api_registers_rates_consents_and_lets_go(place):
    user = await web.with_phone(place, PHONE)
    async with web.serve(place) as client:
        csrf = await signed_in(place, client, user)
        client.session.headers.update({"Accept": "application/json", "X-CSRF-Token": csrf})
        made = await client.post(
            "/api/people",
            json={
                "name": NAME,
                "county": OWN_COUNTY,
                "birth": "1990-03-07",
                "purposes": ["matching"],
            },
        )
        assert made.status == 201, await made.text()
        person = (await made.json())["person"]
        path = f"/api/people/{person}"
        assert (await client.post(f"{path}/abilities", json={"levels": {"lift": 2}})).status == 200
        assert (await client.post(f"{path}/abilities", json={"levels": {"lift": 5}})).status == 422
        assert (await (await client.get(path)).json())["abilities"]["self"] == {"lift": 2}
        gone = {"purpose": "matching", "given": False}
        assert (await client.post(f"{path}/consents", json=gone)).status == 200
        assert (await client.post(f"{path}/consents", json=gone)).status == 422
    assert not await active(place, person)


async def test_an_employer_cannot_verify_itself_and_the_database_holds_it(place):
    made = await market(place)
    await place.owner.execute("update employer set verified_at = null")
    boss, change = await place.actor(made.boss), "update employer set verified_at = now()"
    async with transaction(place.pool, boss) as conn:
        with pytest.raises(asyncpg.CheckViolationError):
            async with conn.transaction():
                await conn.execute(change)
    off = "alter table employer disable trigger employer_verified_by_county"
    async with unguarded(place, boss, off) as conn:
        assert await conn.execute(change) == "UPDATE 1"


async def test_who_left_an_employer_is_out_at_once(place):
    made = await market(place)
    boss, phone = await place.actor(made.boss), "1990000" + "0078"
    async with transaction(place.pool, boss) as conn:
        grant = await employers.add_member(
            conn, place.keys, boss, made.employer, "孙经办", phone,
            until=None, today=TODAY, now=NOW,
        )  # fmt: skip
    user = await place.owner.fetchval("select user_id from role_grant where id = $1", grant)
    async with web.serve(place) as client:
        await signed_in(place, client, user)
        assert (await client.get("/orders", allow_redirects=False)).status == 200
        async with transaction(place.pool, boss) as conn:
            await employers.end_member(conn, boss, made.employer, grant, now=NOW)
        assert (await client.get("/orders", allow_redirects=False)).status == 303
    async with transaction(place.pool, boss) as conn:
        last = await place.owner.fetchval("select id from role_grant where user_id = $1", made.boss)
        with pytest.raises(Exception, match="至少要有一名经办人"):
            await employers.end_member(conn, boss, made.employer, last, now=NOW)
