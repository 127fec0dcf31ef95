"""The simulated province as a whole: same seed, same province, to the byte."""

from dataclasses import dataclass, replace
from datetime import date

from matching.engine.vocabulary import DIMENSIONS, EDUCATION
from services.profiles import Wants, capacity_bytes
from services.simulator.bases import Base, draw_bases
from services.simulator.book import Book
from services.simulator.categories import draw_categories
from services.simulator.demonstrations import draw_demonstrations
from services.simulator.orders import draw_orders
from services.simulator.people import SimulatedPeople, draw_people
from services.simulator.reviews import UNDER_WAY, draw_history, draw_open_cases, open_gaps
from services.simulator.scales import Scale, counties, streams
from services.simulator.users import draw_judges, draw_panel, draw_personas
from services.simulator.wages import draw_minimum_wages


@dataclass(frozen=True, slots=True)
class Province:
    """Person i + 1 has `people.rows[i]`, `categories[i]`; everything else is in `book`."""

    seed: int
    scale: Scale
    today: date
    people: SimulatedPeople
    categories: list[list[tuple[int, int]]]
    book: Book


def generate(seed: int, scale: Scale, today: date) -> Province:
    """A province of `scale` as of `today`. Pure."""
    people = draw_people(seed, scale, today)
    (rng,) = streams(seed, "categories")
    categories = draw_categories(rng, people.able)
    book = Book()
    bases = draw_bases(seed, scale, today, book)
    fresh = _newcomers(bases)
    judges = draw_judges(seed, [b.id for b in bases], today, book)
    panel = draw_panel(book, today)
    old = [b for b in bases if b not in fresh]
    draw_history(seed, old, judges, panel, today, book)
    draw_open_cases(seed, fresh, judges, today, book)
    _forget_work(book, {b.id for b in fresh})
    draw_demonstrations(old, today, book)
    open_gaps(book, today)
    draw_orders(seed, scale, old, today, book, here=fresh[2].county)
    draw_minimum_wages(today, book)
    home = counties()[fresh[2].county]
    draw_personas(book, today, base=fresh[2].id, county=home.code, city=home.city)
    _seeker(people, book)
    return Province(seed, scale, today, people, categories, book)


def _newcomers(bases: list[Base]) -> list[Base]:
    """Those that apply now: one a county, first where another base works already."""
    first: dict[int, Base] = {}
    second: dict[int, Base] = {}
    for base in bases:
        (second if base.county in first else first).setdefault(base.county, base)
    return [*second.values(), *first.values()][: min(len(UNDER_WAY), len(bases) // 3)]


def _forget_work(book: Book, fresh: set[int]) -> None:
    """A base that is only applying has no classes of this programme yet."""
    book.tables["base_year"] = [r for r in book.tables["base_year"] if r["base_id"] not in fresh]
    kept = [r for r in book.tables["class_record"] if r["base_id"] not in fresh]
    book.tables["class_record"] = [r | {"id": at} for at, r in enumerate(kept, 1)]


def _seeker(people: SimulatedPeople, book: Book) -> None:
    """Person 1 is the persona: lives where the sewing order is, works with hands, not with feet."""
    county = book.tables["job_order"][0]["county"]
    people.rows[0] = replace(people.rows[0], county=county)
    people.county[0] = [c.code for c in counties()].index(county)
    able = {d.key: 4 for d in DIMENSIONS} | {"foot_control": 0, "walk": 2, "stand": 1, "stairs": 1}
    for key, level in able.items():
        people.able[0, [d.key for d in DIMENSIONS].index(key)] = level
    first = people.profiles[0]
    people.profiles[0] = type(first)(
        cap=capacity_bytes(able),
        facts={"one_usable_hand": True, "reads_text": True, "home_fit_for_work": True},
        skills=[("6-05-01-03", 2, "2025-06-01"), ("4-04-05-05", 1, "2025-09-01")],
        education=EDUCATION.index("senior"),
        wants=Wants(
            occupations=["6-05-01-03", "4-04-05-05", "4-04-05-03"], least_wage_yuan=2200,
            most_km=80, relocates=False, modes=["onsite", "home", "hybrid"], shifts=["day"],
        ),
    )  # fmt: skip
