"""Writes a simulated province: sealed values sealed, in one transaction, everything marked."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from services.db import Conn, bulk
from services.sealing import Keys, Seal
from services.simulator.book import Row, name, noon, phone
from services.simulator.province import Province

KEY_ID: Final = "1"
# 000000 is no county: such a number cannot belong to anybody.
REGION: Final = "000000"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
_BEFORE: Final = ("policy_setting", "app_user", "employer", "base")
_AFTER: Final = (
    "role_grant", "job_order", "order_demand", "order_accommodation", "order_skill", "order_log",
    "assessor", "assessor_tie", "accreditation_case", "case_log", "case_member", "self_score",
    "score_sheet", "score_entry", "final_item", "case_result", "public_notice", "accreditation",
    "accreditation_log", "demonstration", "demonstration_log", "clock", "coverage_gap", "class_record", "base_year",
)  # fmt: skip
_JSON: Final = {"accessible", "trains", "measure", "sections", "counts", "detail", "value"}

_PERSON_COLUMNS: Final = (
    "id", "pseudonym", "county", "name_cipher", "identity_cipher", "identity_index",
    "phone_cipher", "phone_index", "registered_by", "registered_at", "recommendations",
    "simulated", "version",
)  # fmt: skip
_PROFILE_COLUMNS: Final = (
    "pseudonym", "county", "sealed", "key_id", "available_from", "may_work_from", "waiting_since",
    "active", "changed_at",
)  # fmt: skip


async def load(conn: Conn, keys: Keys, profile_seal: Seal, province: Province) -> None:
    """Writes the province in one transaction. `conn` speaks as yupei_owner; reference data is there."""
    async with conn.transaction():
        for table in _BEFORE:
            await _write(conn, keys, table, province.book.tables[table])
        await _people(conn, keys, profile_seal, province)
        for table in _AFTER:
            await _write(conn, keys, table, province.book.tables[table])
        sheets = [s for s in province.book.tables["score_sheet"] if s["locked_at"]]
        await bulk.lock_sheets.run(
            conn, [s["id"] for s in sheets], [s["locked_at"] for s in sheets]
        )


async def _write(conn: Conn, keys: Keys, table: str, rows: list[Row]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    await bulk.fill(conn, table, columns, [_cells(keys, table, row) for row in rows])
    if "id" in columns:
        await bulk.set_sequence.run(conn, table, max(row["id"] for row in rows))


def _cells(keys: Keys, table: str, row: Row) -> list[Any]:
    out = []
    for column, value in row.items():
        cell = value
        if column.endswith("_cipher") and value is not None:
            place = f"{table}.{column.removesuffix('_cipher')}.{row['id']}"
            cell = keys.seal(value, place)
        elif column == "phone_index" and value is not None:
            cell = keys.index("phone", value)
        elif column in _JSON:
            cell = json.dumps(value, ensure_ascii=False)
        elif column == "locked_at":
            cell = None  # entries go in first: a locked sheet takes none
        out.append(cell)
    return out


async def _people(conn: Conn, keys: Keys, profile_seal: Seal, province: Province) -> None:
    today, rows = province.today, province.people.rows
    numbers = unique_identities(len(rows))
    people = (
        (
            at, row.pseudonym, row.county, keys.seal(name(at), f"person.name.{at}"),
            keys.seal(own, f"person.identity.{at}"), keys.index("identity", own),
            keys.seal(phone(at), f"person.phone.{at}"), keys.index("phone", phone(at)),
            "simulator", noon(row.waiting_since), True, True, 1,
        )
        for at, (row, own) in enumerate(zip(rows, numbers, strict=True), 1)
    )  # fmt: skip
    await bulk.fill(
        conn,
        "person",
        _PERSON_COLUMNS,
        people,
    )
    await bulk.set_sequence.run(conn, "person", len(rows))
    columns = ["person_id", "purpose", "text_version", "given_at", "withdrawn_at", "given_through"]
    await bulk.fill(conn, "consent", columns, _consents(province))
    await bulk.fill(
        conn,
        "person_category",
        [
            "person_id",
            "certified_on",
            "categories_cipher",
            "certificate_cipher",
            "certificate_index",
        ],
        _certificates(keys, numbers, province),
    )
    await bulk.fill(
        conn,
        "matching_profile",
        _PROFILE_COLUMNS,
        (
            (
                row.pseudonym, row.county, profile_seal.seal(payload, f"profile.{row.pseudonym}"),
                KEY_ID, row.available_from, row.may_work_from, row.waiting_since, True, noon(today),
            )
            for row, payload in zip(rows, province.people.payloads(), strict=True)
        ),
    )  # fmt: skip


def unique_identities(n: int) -> list[str]:
    """n different identity numbers. The serial of three digits turns over each 1,000 people."""
    days = np.arange(n) // 1000 * 37 % 13_500
    return [_numbered(int(day), at % 1000) for at, day in enumerate(days.tolist())]


def _numbered(day: int, serial: int) -> str:
    body = f"{REGION}{date(1968, 1, 1) + timedelta(days=day):%Y%m%d}{serial:03d}"
    total = sum(int(c) * w for c, w in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def _consents(province: Province) -> Iterator[tuple[Any, ...]]:
    for at, row in enumerate(province.people.rows, 1):
        for purpose in ("matching", "show_to_employer"):
            yield at, purpose, "1", noon(row.waiting_since), None, "simulator"


def _certificates(keys: Keys, numbers: list[str], province: Province) -> Iterator[tuple[Any, ...]]:
    for at, (own, kinds) in enumerate(zip(numbers, province.categories, strict=True), 1):
        kind = kinds[0][0] if len(kinds) == 1 else 7
        number = f"{own}{kind}{min(grade for _, grade in kinds)}"
        yield (
            at, province.today - timedelta(days=700),
            keys.seal(json.dumps(kinds), f"person_category.categories.{at}"),
            keys.seal(number, f"person_category.certificate.{at}"),
            keys.index("certificate", number),
        )  # fmt: skip
