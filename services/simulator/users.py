"""Users of the demonstration: one persona a role, staff of every city, and the assessors."""

from datetime import date, timedelta
from typing import Any, Final

from services.access import ROLES
from services.simulator.book import Book, name, noon, phone
from services.simulator.reviews import Judge
from services.simulator.scales import counties, streams

PROVINCE_CODE: Final = "410000"
PANEL: Final = 3


def add_user(book: Book, today: date, persona: str | None = None) -> int:
    number = len(book.tables["app_user"]) + 1
    return book.add(
        "app_user", login=f"sim{number:05d}", name_cipher=name(800_000 + number),
        phone_cipher=phone(80_000_000 + number), phone_index=phone(80_000_000 + number),
        password_hash=None, totp_cipher=None, totp_last_step=0, language="zh", simulated=True,
        persona=persona, created_at=noon(today - timedelta(days=1200)), disabled_at=None,
    )  # fmt: skip


def grant(book: Book, user: int, role: str, today: date, **scope: Any) -> None:
    book.add(
        "role_grant", user_id=user, role=role,
        **{"area": None, "employer_id": None, "base_id": None, "person_id": None} | scope,
        valid_from=today - timedelta(days=1000), valid_to=None, granted_by=None,
        granted_at=noon(today - timedelta(days=1000)), revoked_at=None, revoked_by=None,
    )  # fmt: skip


def draw_judges(seed: int, bases: list[int], today: date, book: Book) -> list[Judge]:
    """Three assessors in each city; the first two are personas of one case in scoring."""
    (rng,) = streams(seed, "assessors")
    out: list[Judge] = []
    cities = list(dict.fromkeys(c.city for c in counties()))
    for city in cities:
        inside = [i for i, c in enumerate(counties()) if c.city == city]
        for _ in range(3):
            user = add_user(book, today, "assessor" if len(out) < 2 else None)
            grant(book, user, "assessor", today)
            where = int(rng.choice(inside))
            book.note(
                "assessor", user_id=user, county=counties()[where].code, fields=[], active=True,
                simulated=True,
            )  # fmt: skip
            out.append(Judge(user, where, float(rng.normal(0, 0.06))))
            if rng.random() < 0.2:
                book.note(
                    "assessor_tie", user_id=user, base_id=int(rng.choice(bases)), kind="advice",
                    ended_on=today - timedelta(days=int(rng.integers(10, 900))),
                    declared_at=noon(today - timedelta(days=5)),
                )  # fmt: skip
    return out


def draw_panel(book: Book, today: date) -> list[int]:
    out = []
    for at in range(PANEL):
        user = add_user(book, today, None if at else "panel_member")
        grant(book, user, "panel_member", today)
        out.append(user)
    return out


def draw_personas(book: Book, today: date, *, base: int, county: str, city: str) -> None:
    """The persona of each role that has none yet, and staff of every county and city."""
    scopes: dict[str, dict[str, Any]] = {
        "job_seeker": {"person_id": 1}, "helper": {"person_id": 1}, "employer": {"employer_id": 1},
        "base_manager": {"base_id": base}, "teacher": {"base_id": base},
        "county_staff": {"area": county}, "city_staff": {"area": city},
        "province_staff": {"area": PROVINCE_CODE}, "assessment_office": {"area": PROVINCE_CODE},
        "third_party_evaluator": {"area": PROVINCE_CODE},
    }  # fmt: skip
    there = {user["persona"] for user in book.tables["app_user"]}
    for role in ROLES:
        if role not in there:
            grant(book, add_user(book, today, role), role, today, **scopes.get(role, {}))
    for one in counties():
        if one.code != county:
            grant(book, add_user(book, today), "county_staff", today, area=one.code)
    for area in dict.fromkeys(c.city for c in counties()):
        if area != city:
            grant(book, add_user(book, today), "city_staff", today, area=area)
