"""From a draft to the plaque, through HTTP and the database."""

from collections.abc import AsyncIterator

import pytest

from accreditation import lifecycle
from accreditation.lifecycle import Machine
from accreditation.rubric import default_rubric
from tests.conftest import Place
from tests.services.accreditation_world import COUNTY, FAR_APART, World, best
from tests.services.page_check import faults


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    made = await World(place).start()
    yield made
    await made.stop()


async def test_a_new_base_goes_from_draft_to_plaque(world):
    gaps = "select count(*) from coverage_gap where county = $1 and closed_at is null"
    await world.place.owner.execute(
        "insert into coverage_gap (county, opened_at, cause) values ($1, $2, 'none yet')",
        COUNTY,
        world.now,
    )
    base = await world.register()
    case = await world.to_decision(base)
    assert await world.state(case) == "decision"
    assert (
        await world.value("select grade from case_result where case_id = $1", case) == "excellent"
    )
    panel = await world.browser("panel")
    assert "100" in await panel.get(f"/cases/{case}/result")
    await panel.move(case, "propose_admission", reason="各项达标")
    public = await world.browser(None)
    assert "巩义市阳光职业培训基地" in await public.get("/notices")
    world.later(days=7)
    assert await world.run_clocks() == 0  # the seventh day is still in time
    world.later(days=1)
    assert await world.run_clocks() == 1
    assert await world.run_clocks() == 0
    row = await world.place.owner.fetchrow("select * from accreditation where base_id = $1", base)
    assert (row["state"], row["plaque_number"][:15]) == ("active", f"YP-{COUNTY}-2026-")[:2]
    assert (
        await world.value("select outcome from accreditation_case where id = $1", case)
        == "admitted"
    )
    assert await world.value(gaps, COUNTY) == 0
    manager = await world.browser("applicant")
    assert row["plaque_number"] in await manager.get(f"/bases/{base}")
    assert row["plaque_number"] in await public.get(f"/plaques/{row['plaque_number']}")


async def test_the_log_replays_to_the_state_and_every_row_has_its_audit_event(world):
    case = await world.to_plaque()
    rows = await world.place.owner.fetch(
        "select source, event, target from case_log where case_id = $1 order by id", case
    )
    state = lifecycle.initial(Machine.CASE, "admission")
    for row in rows:
        assert row["source"] == state
        state = lifecycle.clause(Machine.CASE, state, row["event"]).target
        assert row["target"] == state
    assert state == await world.state(case)
    logged = await world.place.owner.fetch(
        "select action from audit_event where object = 'case' and object_id = $1", str(case)
    )
    assert {f"case:{row['event']}" for row in rows} <= {row["action"] for row in logged}


async def test_the_same_actions_answer_in_json(world):
    case = await world.apply(await world.register())
    county, stranger = await world.browser("county"), await world.browser("stranger")
    seen = await county.api("GET", f"/api/cases/{case}", 200)
    accept = next(step for step in seen["steps"] if step["event"] == "accept")
    assert (accept["mine"], bool(accept["unmet"])) == (True, True)
    refused = await county.api("POST", f"/api/cases/{case}/moves", 422, {"event": "accept"})
    assert refused["type"] == "/problems/refused"
    check = {"what": "completeness", "clear": True}
    await county.api("POST", f"/api/cases/{case}/checks", 201, check)
    moved = await county.api("POST", f"/api/cases/{case}/moves", 200, {"event": "accept"})
    assert moved["state"] == "county_review"
    await stranger.api("GET", f"/api/cases/{case}", 404)


async def test_every_page_of_the_thread_reads_well_in_both_languages(world):
    base = await world.register()
    manager, public = await world.browser("applicant"), await world.browser(None)
    pages = [(manager, path) for path in ("/my/bases", "/bases/new", f"/bases/{base}/edit")]
    await _look(pages)
    case = await world.apply(base)
    await _look([(manager, f"/cases/{case}"), (manager, f"/cases/{case}/self-scores/A")])
    await _look([(manager, f"/cases/{case}/documents/new")])
    await world.review(case)
    first, second = await world.draw(case)
    who, sheet = await world.browser(first), await world.score(case, first)
    await _look([(who, path) for path in ("/sheets", f"/sheets/{sheet}")])
    other = await world.browser(second)
    open_sheet = await world.sheet(case, second)
    await _look([(other, f"/sheets/{open_sheet}/items/{i}") for i in ("A.1.1", "A.2.1", "A.4.1")])
    await world.score(case, second, but=FAR_APART)
    await world.appoint(case, "moderator", "moderator")
    moderator = await world.browser("moderator")
    await _look([(moderator, f"/cases/{case}/moderation")])
    await _look([(moderator, f"/cases/{case}/moderation/A.1.1")])
    for item in ("A.1.1", "A.2.4"):
        await moderator.post(
            f"/cases/{case}/moderation/{item}",
            reason="以现场为准",
            **best(default_rubric().item(item)),
        )
    for user in (first, second):
        agreed = await world.browser(user)
        await agreed.post(f"/cases/{case}/checks", what="agreed", clear="yes", note="")
    await moderator.move(case, "settle")
    await world.appoint(case, "panel", "panel")
    panel, office = await world.browser("panel"), await world.browser("office")
    await _look([(one, f"/cases/{case}") for one in (panel, office, manager)])
    await _look([(panel, f"/cases/{case}/result"), (panel, "/cases"), (office, "/bases")])
    await panel.move(case, "propose_admission", reason="达标")
    await _look([(public, path) for path in ("/notices", "/notices/1")])
    world.later(days=8)
    await world.run_clocks()
    county, city = await world.browser("county"), await world.browser("city")
    await _look([(one, f"/bases/{base}") for one in (manager, county, city)])


async def _look(pages):
    """Each page in both languages: one h1, labels, nothing unrendered, nothing left in Chinese."""
    for who, path in pages:
        for language in ("zh", "en"):
            html = await who.get(path, language=language)
            assert faults(html) == [], (path, language)
