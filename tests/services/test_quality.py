"""The season's report: what was locked, told to those who answer for quality; no score moves."""

from collections import Counter
from datetime import date

import pytest

from services.access import Actor, Denied, Grant
from services.actions import seasons
from services.db.context import transaction
from services.sealing import profile_seal
from services.simulator import Scale, generate, load
from tests.services.page_check import check_page
from tests.services.web import a_place, serve, signed_in

TODAY = date(2026, 11, 23)
SEASON = Scale("season", people=50, orders=4, bases=130, uncovered_counties=40)


@pytest.fixture(scope="module")
async def season(template):
    """A simulated province in which one assessor left a third of every sheet at nothing."""
    made = generate(7, SEASON, TODAY)
    tables = made.book.tables
    locked = [one for one in tables["score_sheet"] if one["locked_at"]]
    ((severe, _),) = Counter(one["assessor_id"] for one in locked).most_common(1)
    theirs = {one["id"] for one in locked if one["assessor_id"] == severe}
    tables["score_entry"] = [
        one
        for at, one in enumerate(tables["score_entry"])
        if one["sheet_id"] not in theirs or at % 3
    ]
    async with a_place(template) as place:
        await load(place.owner, place.keys, profile_seal(place.settings.matcher_key), made)
        yield place, severe


async def as_(place, role, area="410000"):
    """Somebody with the role, and all that lies below their area."""
    user = await place.user("某人", role=role, area=area)
    below = await place.owner.fetch("select code from division_ancestor where ancestor = $1", area)
    return Actor(user, (Grant(role, area, below=frozenset(row["code"] for row in below)),))


async def told(place, actor):
    async with transaction(place.pool, actor) as conn:
        return await seasons.report(conn, actor, TODAY.year)


async def test_the_report_tells_how_far_two_blind_scores_agree(season):
    place, _ = season
    report = await told(place, await as_(place, "province_staff"))
    assert report.bases >= 30
    assert report.sheets == 2 * report.bases
    assert report.single.low < report.single.value < report.mean.value <= 1
    assert report.items
    assert all(one.bases >= seasons.FEWEST_BASES for one in report.items)
    assert not any(one.item.auto_from_data for one in report.items)
    assert report.simulated


async def test_a_severe_assessor_is_found_and_no_score_moves(season):
    place, severe = season
    before = await place.owner.fetch("select * from case_result order by case_id")
    report = await told(place, await as_(place, "assessment_office"))
    lowest = min(report.severities, key=lambda one: one.points)
    assert lowest.assessor == str(severe)
    assert lowest.out_of_line
    assert sum(one.points for one in report.severities) == pytest.approx(0)
    assert await place.owner.fetch("select * from case_result order by case_id") == before


async def test_a_county_sees_no_season_and_a_city_cannot_ask(season):
    place, _ = season
    with pytest.raises(Denied):
        await told(place, await as_(place, "city_staff", "410100"))


async def test_row_security_shows_an_office_only_what_lies_below_it(season):
    place, _ = season
    city = await place.owner.fetchval(
        "select a.ancestor from case_result r join accreditation_case c on c.id = r.case_id"
        " join division_ancestor a on a.code = c.county join division d on d.code = a.ancestor"
        " where d.level = 'city' group by 1 order by count(*) desc limit 1"
    )
    report = await told(place, await as_(place, "assessment_office", city))
    whole = await told(place, await as_(place, "province_staff"))
    assert 0 < report.bases < whole.bases


async def test_the_page_says_what_the_figures_mean(season):
    place, _ = season
    staff = await as_(place, "province_staff")
    async with serve(place) as client:
        await signed_in(place, client, staff.user)
        for language in ("zh", "en"):
            async with client.get("/quality", headers={"Accept-Language": language}) as reply:
                assert reply.status == 200
                check_page(await reply.text())


async def test_the_page_is_closed_to_others(season):
    place, _ = season
    city = await as_(place, "city_staff", "410100")
    async with serve(place) as client:
        await signed_in(place, client, city.user)
        async with client.get("/quality") as reply:
            assert reply.status in (403, 404)
