"""Every statement of the house, against the migrated schema."""

import importlib
import pkgutil
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

import services.db
from services.db.query import ALL, Query
from sql import load, migrations, rooms

for module in pkgutil.iter_modules(services.db.__path__):
    importlib.import_module(f"services.db.{module.name}")

PG_TYPE = {
    str: {"text", "bpchar", "varchar", "json", "jsonb", "name"},
    int: {"int2", "int4", "int8"},
    bool: {"bool"},
    float: {"float8"},
    bytes: {"bytea"},
    Decimal: {"numeric"},
    date: {"date"},
    datetime: {"timestamptz"},
}


def types_of(hint):
    """The plain types of a field's hint, None left out; list[x] is its array type."""
    if getattr(hint, "__origin__", None) in (list, tuple):
        return {f"{name}[]" for name in types_of(get_args(hint)[0])}
    parts = [part for part in get_args(hint) if part is not type(None)] or [hint]
    names = set()
    for part in parts:
        if getattr(part, "__origin__", None) in (list, tuple):
            names |= types_of(part)
        elif issubclass(part, str) and part not in PG_TYPE:
            names |= PG_TYPE[str]  # an enum of texts
        else:
            names |= PG_TYPE[part]
    return names


@pytest.mark.parametrize("query", ALL, ids=lambda q: f"{q.room}.{q.name}")
async def test_a_query_fits_the_schema_and_its_row(owner, query):
    columns = (await owner.prepare(query.sql)).get_attributes()
    if not isinstance(query, Query):
        assert len(columns) <= 1 or query.name.startswith(("unseal",))
        return
    assert [c.name for c in columns] == [f.name for f in fields(query.row)]
    for column, field in zip(columns, fields(query.row), strict=True):
        assert column.type.name in types_of(field.type), column.name


def test_every_statement_has_a_caller():
    used = {(query.room, query.name) for query in ALL}
    written = {(room, name) for room in rooms() for name in load(room)}
    assert written - used == set()


async def test_schema_sql_is_the_sum_of_the_migrations(owner):
    """A newcomer reads one file; `python -m tests.schema` writes it anew."""
    from tests.schema import describe  # noqa: PLC0415

    told = (Path(__file__).parents[2] / "sql" / "schema.sql").read_text("utf-8")
    assert await describe(owner) == told


async def test_every_table_is_held_by_row_security_or_reviewed(owner):
    open_tables = {
        row["relname"]
        for row in await owner.fetch(
            "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
            " and not (relrowsecurity and relforcerowsecurity)"
        )
    }
    reviewed = (Path(__file__).parents[1] / "expected" / "open_tables.txt").read_text("utf-8")
    assert sorted(open_tables) == reviewed.split()


async def test_no_view_passes_by_row_security(owner):
    assert not await owner.fetch(
        "select relname from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace"
        " and not coalesce('security_invoker=true' = any (reloptions), false)"
    )


def test_migrations_are_numbered_without_a_gap():
    assert [int(name[:4]) for name, _ in migrations()] == list(range(1, len(migrations()) + 1))
