"""docs/data-dictionary.csv tells of every column what it is for, how long and who sees it."""

import csv
from pathlib import Path

FILE = Path(__file__).parents[2] / "docs" / "data-dictionary.csv"
HEAD = ["table", "column", "class", "sealed", "purpose", "retention", "who sees"]
CLASSES = {"C0", "C1", "C2", "C3"}
# One value of many fields, under the matcher's own key.
SEALED_WITHOUT_SUFFIX = {("matching_profile", "sealed"), ("idempotency", "body")}
_COLUMNS = """
select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum
"""


def read():
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(rows):
    return [(row["table"], row["column"]) for row in rows]


async def columns(conn):
    return [(row["relname"], row["attname"]) for row in await conn.fetch(_COLUMNS)]


async def missing(conn):
    """Lines to add to the file, one for each column that it does not tell of."""
    known = set(told(read()))
    return [
        f"{table},{column},CLASS,{'yes' if column.endswith('_cipher') else 'no'},PURPOSE,RETENTION,WHO"
        for table, column in await columns(conn)
        if (table, column) not in known
    ]


async def test_every_column_is_in_the_dictionary(owner):
    lines = await missing(owner)
    assert not lines, "add to docs/data-dictionary.csv:\n" + "\n".join(lines)


async def test_every_row_names_a_column_and_none_twice(owner):
    there = await columns(owner)
    names = told(read())
    assert sorted(set(names) - set(there)) == []
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_every_row_is_whole():
    rows = read()
    assert list(rows[0]) == HEAD
    assert [row for row in rows if not all((row[name] or "").strip() for name in HEAD)] == []
    assert {row["class"] for row in rows} <= CLASSES
    assert {row["sealed"] for row in rows} == {"yes", "no"}


def test_what_is_stored_sealed_is_marked_sealed_and_nothing_else():
    rows = read()
    stored = {name for name in told(rows) if name[1].endswith("_cipher")} | SEALED_WITHOUT_SUFFIX
    assert {(row["table"], row["column"]) for row in rows if row["sealed"] == "yes"} == stored


def test_sensitive_personal_values_are_sealed_or_say_what_must_be_arranged():
    open_ones = [
        (row["table"], row["column"])
        for row in read()
        if row["class"] == "C3" and row["sealed"] == "no"
    ]
    # The first is what an employer must know to arrange it; the rest of the table is keyed digests.
    assert sorted(open_ones) == [
        ("allotment", "accommodations"),
        ("offer", "accommodations"),
        ("person_category", "certificate_index"),
        ("person_category", "certified_on"),
        ("person_category", "person_id"),
    ]


async def test_a_planted_column_is_found_missing(owner):
    await owner.execute("alter table person add column nickname_cipher bytea")
    assert await missing(owner) == ["person,nickname_cipher,CLASS,yes,PURPOSE,RETENTION,WHO"]
