"""The simulated province: the same for the same seed, like the plan in shape, nobody in truth."""

import ast
import pickle
from collections import Counter
from datetime import date
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from accreditation import credit_code, lifecycle
from accreditation.plaque import read as read_plaque
from matching.engine.bins import Bin, judge
from matching.engine.orders import Demand, Order
from matching.engine.people import People
from matching.engine.scores import Distances
from services.access import ROLES
from services.actions.drafts import checked
from services.actions.orders import whole
from services.db import orders
from services.profiles import pack, to_people, to_person, unpack
from services.sealing import profile_seal
from services.simulator import Province, Scale, generate, load
from services.simulator.load import unique_identities
from services.simulator.scales import counties, targets

TODAY = date(2026, 11, 23)
TINY = Scale("tiny", people=300, orders=12, bases=40, uncovered_counties=117)


@pytest.fixture(scope="module")
def province() -> Province:
    return generate(5, TINY, TODAY)


def test_the_same_seed_gives_the_same_bytes(province: Province) -> None:
    again = generate(5, TINY, TODAY)
    assert again.people.payloads() == province.people.payloads()
    assert pickle.dumps(dict(again.book.tables)) == pickle.dumps(dict(province.book.tables))
    assert again.categories == province.categories
    assert generate(6, TINY, TODAY).people.payloads() != province.people.payloads()


def test_people_are_spread_as_the_plan_spreads_its_targets() -> None:
    people = generate(5, Scale("wide", 4_000, 2, 40, 117), TODAY).people
    units = Counter(counties()[at].unit for at in people.county.tolist())
    whole = sum(targets().values())
    for unit, target in targets().items():
        assert abs(units[unit] / 4_000 - target / whole) < 0.005


def test_the_sewing_order_stands_first_and_its_twin_offers_the_hand_switch(
    province: Province,
) -> None:
    tables = province.book.tables
    assert [o["seats"] for o in tables["job_order"][:2]] == [50, 50]
    for order in (1, 2):
        demands = {
            d["dimension"]: (d["level"], d["essential"], bool(d["reason"]))
            for d in tables["order_demand"]
            if d["order_id"] == order
        }
        assert demands == {
            "foot_control": (3, True, True),
            "bimanual": (4, True, True),
            "near_vision": (3, True, True),
        }
    offered = [
        a["order_id"] for a in tables["order_accommodation"] if a["accommodation"] == "hand_switch"
    ]
    assert 1 not in offered
    assert 2 in offered


def test_some_counties_have_no_base_and_are_open_gaps(province: Province) -> None:
    covered = {base["county"] for base in province.book.tables["base"]}
    gaps = {gap["county"] for gap in province.book.tables["coverage_gap"]}
    assert {c.code for c in counties()} - covered <= gaps
    assert gaps


def test_capacities_are_drawn_without_a_category() -> None:
    root = Path(__file__).parents[2] / "services" / "simulator"
    tree = ast.parse((root / "people.py").read_text("utf-8"))
    names = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert not [one for one in names if "categor" in one or "grade" in one]


def test_no_number_can_be_that_of_a_real_person(province: Province) -> None:
    numbers = unique_identities(200_000)
    assert len(set(numbers)) == 200_000
    assert all(number.startswith("000000") for number in numbers)
    assert all(u["phone_cipher"].startswith("100") for u in province.book.tables["app_user"])


def test_credit_codes_and_plaques_hold(province: Province) -> None:
    for table in ("base", "employer"):
        assert all(credit_code.is_valid(row["credit_code"]) for row in province.book.tables[table])
    for row in province.book.tables["accreditation"]:
        assert read_plaque(row["plaque_number"]).county == row["county"]


def test_every_logged_move_is_lawful_and_follows_from_the_one_before(province: Province) -> None:
    moves = set(lifecycle.moves())
    state: dict[int, str] = {}
    for row in province.book.tables["case_log"]:
        assert (row["machine"], row["source"], row["event"], row["target"]) in moves
        assert state.get(row["case_id"], row["source"]) == row["source"]
        state[row["case_id"]] = row["target"]
    for case in province.book.tables["accreditation_case"]:
        assert state[case["id"]] == case["state"]


def test_every_role_has_a_persona(province: Province) -> None:
    assert {u["persona"] for u in province.book.tables["app_user"]} >= set(ROLES)


def test_a_profile_comes_back_as_it_was_and_the_fast_way_equals_the_slow(
    province: Province,
) -> None:
    rows, profiles = province.people.rows, province.people.profiles
    assert [unpack(pack(one)) for one in profiles] == profiles
    fast = to_people(rows, profiles)
    slow = People.from_values(to_person(r, p) for r, p in zip(rows, profiles, strict=True))
    for name in People.__slots__:
        left, right = getattr(fast, name), getattr(slow, name)
        assert left.tolist() == right.tolist() if hasattr(left, "tolist") else left == right


def test_orders_that_wait_for_their_county_come_beside_the_open_ones(province: Province) -> None:
    tables = province.book.tables
    waiting = [o for o in tables["job_order"] if o["state"] == "submitted"]
    assert Counter(o["state"] for o in tables["job_order"]) == {"open": 12, "submitted": 6}
    persona = next(u["id"] for u in tables["app_user"] if u["persona"] == "county_staff")
    area = next(g["area"] for g in tables["role_grant"] if g["user_id"] == persona)
    assert [o["county"] for o in waiting[:3]] == [area] * 3
    assert waiting[0]["employer_id"] == 1
    logged = [x["target"] for x in tables["order_log"] if x["order_id"] == waiting[0]["id"]]
    assert logged == ["submitted"]


def test_more_orders_to_check_move_no_open_order(province: Province) -> None:
    """The other streams stand still: what the main job is given does not hang on those that wait."""
    with_more = patch("services.simulator.orders.orders_to_check", lambda scale: 9)
    with with_more:
        more = generate(5, TINY, TODAY)
    assert len(more.book.tables["job_order"]) == 12 + 9
    assert more.book.tables["job_order"][:12] == province.book.tables["job_order"][:12]
    assert more.people.payloads() == province.people.payloads()


async def test_every_simulated_order_meets_the_minimum_wage_of_its_county(place, province) -> None:
    await load(place.owner, place.keys, profile_seal(b"m" * 32), province)
    for order in province.book.tables["job_order"]:
        low = await orders.minimum_wage.value(place.owner, order["county"], TODAY)
        assert low is not None
        assert order["wage_min"] >= low
    assert "假设" in await place.owner.fetchval(
        "select source from policy_setting where key = 'minimum_wage_month_yuan' limit 1"
    )


async def test_the_minimum_wage_is_that_of_the_day(place, province) -> None:
    await load(place.owner, place.keys, profile_seal(b"m" * 32), province)
    district, county = (
        next(c.code for c in counties() if c.kind == kind) for kind in ("市辖区", "县")
    )
    for day, yuan in ((TODAY, (2100, 1800)), (TODAY.replace(year=2025), (2000, 1600))):
        found = [await orders.minimum_wage.value(place.owner, c, day) for c in (district, county)]
        assert tuple(found) == yuan
    assert await orders.minimum_wage.value(place.owner, county, date(2020, 1, 1)) is None


async def test_a_county_can_open_every_order_that_waits(place, province) -> None:
    await load(place.owner, place.keys, profile_seal(b"m" * 32), province)
    for order in province.book.tables["job_order"]:
        if order["state"] == "submitted":
            held = await whole(place.owner, order["id"])
            await checked(place.owner, held.draft, today=TODAY)


async def test_a_province_is_written_whole_and_marked_as_simulated(place, province) -> None:
    seal = profile_seal(b"m" * 32)
    await load(place.owner, place.keys, seal, province)
    owner = place.owner
    assert await owner.fetchval("select count(*) from person where simulated") == 300
    assert await owner.fetchval("select count(*) from job_order where state = 'open'") == 12
    for table, rows in province.book.tables.items():
        assert await owner.fetchval(f"select count(*) from {table}") == len(rows)
    row = await owner.fetchrow("select * from matching_profile order by pseudonym limit 1")
    payload = seal.open(row["sealed"], f"profile.{row['pseudonym']}")
    assert payload in province.people.payloads()
    person = await owner.fetchrow("select id, name_cipher from person where id = 7")
    assert place.keys.open(person["name_cipher"], "person.name.7") == "模拟000007"
    assert await owner.fetchval("select count(*) from score_sheet where locked_at is null") == 4
    new = await owner.fetchval("select nextval(pg_get_serial_sequence('person', 'id'))")
    assert new == 301


def test_the_job_seeker_persona_fits_the_twin_with_the_hand_switch(province: Province) -> None:
    tables = province.book.tables
    person = to_person(province.people.rows[0], province.people.profiles[0])
    here = Distances((person.county,), np.zeros((1, 1), np.int32))

    def judged(number: int) -> Bin:
        row = tables["job_order"][number - 1]
        order = Order(
            id=str(number),
            county=row["county"],
            occupation=row["occupation_code"],
            seats=row["seats"],
            demands={
                d["dimension"]: Demand(d["level"], d["essential"], d["reason"])
                for d in tables["order_demand"]
                if d["order_id"] == number
            },
            offered=frozenset(
                a["accommodation"]
                for a in tables["order_accommodation"]
                if a["order_id"] == number and a["stance"] == "offered"
            ),
            wage_yuan=row["wage_min"],
            starts_on=row["starts_on"],
            work_from=row["starts_on"],
        )
        return judge(person, order, here).bin

    assert judged(1) is Bin.NOT_NOW
    assert judged(2) is Bin.ACCOMMODATION
