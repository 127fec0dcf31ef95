"""The reference data say what the province says, and a changed file is a new version."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta

import pytest

from services.reference import loader, sets
from tests.conftest import NOW

PLAN = "henan-14th-five-year"


@dataclass(frozen=True, slots=True)
class Edited(sets.ReferenceFile):
    """A reference file whose text was changed."""

    content: str = ""

    def read(self):
        return self.content.encode()


def edited(file, content):
    return Edited(file.kind, file.package, file.path, file.source, file.licence, content)


async def test_the_province_has_157_county_level_units_in_17_cities_and_one_alone(owner):
    rows = await owner.fetch("select code from division where counts_toward_coverage")
    assert len(rows) == 157
    assert await owner.fetchval("select count(*) from division where level = 'city'") == 17
    without = await owner.fetch(
        "select code from division d where counts_toward_coverage and not exists (select from"
        " division_ancestor a join division c on c.code = a.ancestor"
        " where a.code = d.code and c.level = 'city')"
    )
    assert [row["code"] for row in without] == ["419001"]


async def test_jiyuan_lies_in_the_province_and_in_no_city(owner):
    above = await owner.fetch("select ancestor from division_ancestor where code = '419001'")
    assert {row["ancestor"] for row in above} == {"419001", "410000"}


async def test_every_unit_lies_in_itself_and_in_the_province(owner):
    assert not await owner.fetch(
        "select code from division d where level <> 'zone' and (not exists (select from division_ancestor a"
        " where a.code = d.code and a.ancestor = d.code) or not exists (select from division_ancestor a"
        " where a.code = d.code and a.ancestor = '410000'))"
    )


@pytest.mark.parametrize(
    ("before", "now"), [("410381", "偃师区"), ("410322", "孟津区"), ("410306", "孟津区")]
)
async def test_a_code_from_before_2021_leads_to_the_district_of_today(owner, before, now):
    found = await owner.fetch(
        "select d.name from division_predecessor p join division d using (code) where predecessor = $1",
        before,
    )
    assert [row["name"] for row in found] == [now]


async def test_no_code_of_today_is_also_one_of_before(owner):
    assert not await owner.fetch(
        "select predecessor from division_predecessor where predecessor in"
        " (select code from division where counts_toward_coverage)"
    )


async def test_a_functional_zone_does_not_count_toward_coverage(owner):
    zones = await owner.fetch("select counts_toward_coverage from division where level = 'zone'")
    assert zones
    assert not any(row["counts_toward_coverage"] for row in zones)


async def test_the_targets_of_the_18_units_are_those_of_the_notice(owner):
    """豫残联〔2022〕33号 附件: 160,000 trained, 20,000 certificates, 8,000 of them high-skill."""
    units, *sums = await owner.fetchrow(
        "select count(*), sum(trained_persons), sum(new_certificate_holders),"
        " sum(new_high_skill_holders) from plan_target where plan = $1",
        PLAN,
    )
    assert units == 18
    assert [int(n) for n in sums] == [160_000, 20_000, 8_000]
    assert await owner.fetchval("select true from plan_target where unit = '419001'")


async def test_each_set_says_where_it_comes_from_and_may_be_used(owner):
    rows = await owner.fetch("select kind, source, licence, sha256 from reference_set")
    assert {row["kind"] for row in rows} == {file.kind for file in sets.ALL}
    assert all(row["source"] and row["licence"] and len(row["sha256"]) == 64 for row in rows)


async def counts(owner):
    tables = ("division", "division_ancestor", "plan_target", "trade", "occupation_code", "rubric")
    return [await owner.fetchval(f"select count(*) from {table}") for table in tables]


async def test_loading_twice_changes_nothing(owner):
    before = await counts(owner)
    assert await loader.load(owner, at=NOW) == []
    assert await counts(owner) == before
    assert await owner.fetchval("select max(version) from reference_set") == "1"


async def test_a_changed_file_is_a_new_version_beside_the_old_one(owner, monkeypatch):
    table = list(csv.DictReader(io.StringIO(sets.TARGETS.text())))
    table[0]["trained_persons"] = "1"
    written = io.StringIO()
    writer = csv.DictWriter(written, table[0].keys())
    writer.writeheader()
    writer.writerows(table)
    changed = edited(sets.TARGETS, written.getvalue())
    all_sets = tuple(changed if f.kind == changed.kind else f for f in sets.ALL)
    monkeypatch.setattr(sets, "ALL", all_sets)
    monkeypatch.setattr(sets, "TARGETS", changed)
    assert await loader.load(owner, at=NOW) == ["plan_targets"]
    rows = await owner.fetch(
        "select version, body::text from reference_set where kind = 'plan_targets' order by version"
    )
    assert [row["version"] for row in rows] == ["1", "2"]
    assert rows[0]["body"] != rows[1]["body"]
    assert await owner.fetchval("select count(*) from plan_target where trained_persons = 1") == 1
    assert await loader.load(owner, at=NOW) == []


async def test_a_file_that_goes_back_to_an_earlier_text_is_in_force_again(owner, monkeypatch):
    """The newest file is what counts, not whether its text was ever seen."""
    plain = sets.ALL
    longer = edited(sets.DEMANDS, sets.DEMANDS.text() + "\n")
    monkeypatch.setattr(sets, "ALL", tuple(longer if f.kind == longer.kind else f for f in plain))
    later = NOW + timedelta(days=1)
    assert await loader.load(owner, at=NOW) == ["demands"]
    monkeypatch.setattr(sets, "ALL", plain)
    assert await loader.load(owner, at=later) == ["demands"]
    assert await loader.load(owner, at=later) == []
    assert await owner.fetchval("select count(*) from reference_set where kind = 'demands'") == 2
