"""The plan on real rows: what it proposes, what it can't, and what a removal would open."""

from datetime import date

import pytest

from services.access import Actor, Denied, Grant
from services.actions import planning
from services.db.context import transaction
from services.sealing import profile_seal
from services.simulator import Scale, generate, load
from services.web.home import PLAN
from tests.services.page_check import check_page
from tests.services.web import a_place, serve, signed_in

TODAY = date(2026, 11, 23)
NETWORK = Scale("network", people=20, orders=2, bases=60, uncovered_counties=107)


@pytest.fixture(scope="module")
async def province(template):
    async with a_place(template) as place:
        made = generate(11, NETWORK, TODAY)
        await load(place.owner, place.keys, profile_seal(place.settings.matcher_key), made)
        yield place


async def actor_of(place, role, area="410000"):
    user = await place.user("某人", role=role, area=area)
    below = await place.owner.fetch("select code from division_ancestor where ancestor = $1", area)
    return Actor(user, (Grant(role, area, below=frozenset(row["code"] for row in below)),))


async def planned(place, actor, **asked):
    async with transaction(place.pool, actor) as conn:
        return await planning.planned(conn, actor, of=PLAN, **asked)


async def test_every_county_is_served_or_says_why_not(province):
    found = await planned(province, await actor_of(province, "province_staff"))
    assert len(found.counties) == 157
    assert found.plan.serves.keys() | found.plan.uncovered.keys() == found.counties.keys()
    assert found.plan.gap == 0
    covered = await province.owner.fetchval(
        "select count(distinct county) from accreditation where state = 'active'"
    )
    assert len(found.plan.serves) >= covered
    assert all(not found.sites[one].existing for one in found.plan.admit)


async def test_a_removal_of_the_only_base_opens_its_county(province):
    only = await province.owner.fetchrow(
        "select min(base_id) as base, county from accreditation where state = 'active'"
        " group by county having count(*) = 1 order by county limit 1"
    )
    staff = await actor_of(province, "province_staff")
    found = await planned(province, staff, without=only["base"], places=0)
    assert found.opens == (only["county"],)
    assert only["county"] in found.plan.uncovered


async def test_no_places_admit_nobody(province):
    staff = await actor_of(province, "province_staff")
    assert (await planned(province, staff, places=0)).plan.admit == ()


async def test_a_job_seeker_plans_nothing(province):
    with pytest.raises(Denied):
        await planned(province, Actor(await province.user("某人"), ()))


async def test_the_page_answers_what_if(province):
    staff = await actor_of(province, "province_staff")
    base = await province.owner.fetchval(
        "select min(base_id) from accreditation where state = 'active'"
    )
    async with serve(province) as client:
        await signed_in(province, client, staff.user)
        for path in ("/coverage/plan", f"/coverage/plan?without={base}&places=3&per_city=x"):
            async with client.get(path) as reply:
                assert reply.status == 200
                check_page(await reply.text())
