"""Simulated employers and their orders; among them the sewing order that started it all."""

from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from matching.engine.vocabulary import ACCOMMODATIONS, DIMENSION_AT, DIMENSIONS, profile
from services.simulator.bases import Base, credit_code
from services.simulator.book import Book, noon
from services.simulator.scales import Scale, counties, people_by_county, streams
from services.simulator.trades import ORDER_TRADES, Trade
from services.simulator.wages import minimum_yuan

SEATS_MEAN: Final = 8
_SHIFTS: Final = ("day", "rotating", "night", "flexible")
_DORMS: Final = ("none", "yes", "accessible")
_INSURANCE: Final = ["养老", "医疗", "失业", "工伤", "生育"]
SEWING: Final = {"foot_control": 3, "bimanual": 4, "near_vision": 3}


def draw_orders(
    seed: int, scale: Scale, bases: list[Base], today: date, book: Book, *, here: int
) -> None:
    """Employers, then open orders with the two sewing orders first, then those still to be checked.

    `here` is the place in `counties()` of the county whose staff a visitor may be: the first
    three orders to check are there, the very first by the employer that a visitor may be.
    """
    rng, posts, waiting = streams(seed, "employers", "orders", "orders-to-check")
    count = people_by_county(seed, max(scale.people, 1000))
    chance = count / count.sum()
    employers = max(2, scale.orders // 2)
    homes = rng.choice(len(counties()), employers, p=chance).tolist()
    for serial, home in enumerate(homes, 1):
        county = counties()[home]
        staff = int(np.clip(rng.lognormal(4.2, 1.0), 8, 5000))
        book.add(
            "employer", name=f"{county.name}模拟用人单位{serial:05d}",
            credit_code=credit_code("91", county.code, 100_000 + serial), county=county.code,
            address=f"{county.name}模拟大道{serial}号", staff=staff,
            staff_counted=int(rng.binomial(staff, 0.008)), verified_at=noon(today, -9000),
            verified_by=None, simulated=True, version=1, created_at=noon(today, -20000),
        )  # fmt: skip
    sewing = next(t for t in ORDER_TRADES if t.name == "缝纫工")
    share = np.array([t.share for t in ORDER_TRADES])
    by_county: dict[int, list[Base]] = {}
    for base in bases:
        by_county.setdefault(base.county, []).append(base)
    for number in range(1, scale.orders + 1):
        employer = 1 if number <= 2 else int(posts.integers(2, employers + 1))
        home = homes[employer - 1]
        if number <= 2:
            _sewing(book, number, sewing, home, today)
        else:
            trade = ORDER_TRADES[int(posts.choice(len(ORDER_TRADES), p=share))]
            _order(posts, book, employer, trade, home, by_county.get(home, []), today)
    for at in range(orders_to_check(scale)):
        employer = int(waiting.integers(2, employers + 1)) if at else 1
        home = homes[employer - 1] if at > 2 else here
        trade = ORDER_TRADES[int(waiting.choice(len(ORDER_TRADES), p=share))]
        near = by_county.get(home, [])
        _order(waiting, book, employer, trade, home, near, today, state="submitted")


def orders_to_check(scale: Scale) -> int:
    """Orders that wait for their county, beside the open ones that `scale` counts. Assumed: 5 %."""
    return max(6, scale.orders // 20)


def _row(employer: int, trade: Trade, home: int, number: int, today: date) -> dict[str, Any]:
    county = counties()[home]
    return {
        "number": f"YP{today.year}{number:06d}", "employer_id": employer, "county": county.code,
        "title": trade.name, "trade": trade.name, "occupation_code": trade.code, "seats": 1,
        "taken": 0, "min_headcount": 1, "work_type": "on_site", "address": f"{county.name}（模拟）",
        "wage_min": trade.wage_yuan, "wage_max": trade.wage_yuan + 800, "wage_basis": "month",
        "contract_months": 12, "insurance": _INSURANCE, "dorm": "none", "shift": "day",
        "education_min": None, "education_reason": "", "trains": {}, "base_id": None,
        "class_starts": None, "class_ends": None, "starts_on": today + timedelta(days=30),
        "deadline": today + timedelta(days=21), "state": "open", "simulated": True, "version": 1,
        "created_by": None, "created_at": noon(today - timedelta(days=10)),
    }  # fmt: skip


def _sewing(book: Book, number: int, trade: Trade, home: int, today: date) -> None:
    """The order of orders.md: 50 seats, a foot pedal; the twin offers a hand switch."""
    row = _row(1, trade, home, number, today)
    twin = number == 2
    row |= {
        "title": "电动缝纫工（提供手控开关）" if twin else "电动缝纫工",
        "seats": 50,
        "dorm": "yes",
    }
    row |= {"min_headcount": 10}
    order = book.add("job_order", **row)
    reasons = {
        "foot_control": "电动缝纫机用脚踏板控制启停", "bimanual": "双手同时送料",
        "near_vision": "对线、穿针、检查针脚",
    }  # fmt: skip
    for key, level in SEWING.items():
        book.note(
            "order_demand", order_id=order, dimension=key, level=level, essential=True,
            reason=reasons[key],
        )  # fmt: skip
    for key in ("high_light", "sit_stool", *(("hand_switch",) if twin else ())):
        book.note(
            "order_accommodation", order_id=order, accommodation=key, stance="offered", reason=""
        )
    _log(book, order, today)


def _order(
    rng: np.random.Generator, book: Book, employer: int, trade: Trade, home: int,
    bases: list[Base], today: date, state: str = "open",
) -> None:  # fmt: skip
    number = len(book.tables["job_order"]) + 1
    row = _row(employer, trade, home, number, today)
    seats = int(np.clip(rng.geometric(1 / SEATS_MEAN), 1, 200))
    wage = int(trade.wage_yuan * rng.normal(1.0, 0.1) // 100 * 100)
    wage = max(wage, 2000, minimum_yuan(counties()[home]))
    starts = int(rng.integers(14, 90))
    row |= {
        "state": state, "seats": seats, "wage_min": wage, "wage_max": wage + int(rng.integers(3, 15)) * 100,
        "work_type": str(rng.choice(["home", "hybrid"])) if rng.random() < trade.home else "on_site",
        "contract_months": int(rng.choice([6, 12, 24, 36], p=[0.1, 0.5, 0.2, 0.2])),
        "insurance": _INSURANCE if rng.random() < 0.9 else ["工伤"],
        "dorm": str(rng.choice(_DORMS, p=[0.6, 0.25, 0.15])),
        "shift": str(rng.choice(_SHIFTS, p=[0.72, 0.14, 0.02, 0.12])),
        "starts_on": today + timedelta(days=starts),
        "deadline": today + timedelta(days=max(7, starts - 7)),
    }  # fmt: skip
    trained = bool(bases) and rng.random() < 0.3
    if trained:
        row |= {
            "base_id": bases[int(rng.integers(0, len(bases)))].id,
            "class_starts": row["starts_on"], "class_ends": row["starts_on"] + timedelta(days=20),
            "starts_on": row["starts_on"] + timedelta(days=24),
        }  # fmt: skip
    demands = _demands(rng, trade)
    if trained:
        row["trains"] = {k: 1 for k in demands if DIMENSIONS[DIMENSION_AT[k]].trainable}
    order = book.add("job_order", **row)
    for key, level in demands.items():
        zh = DIMENSIONS[DIMENSION_AT[key]].zh
        essential = bool(level >= 2 and rng.random() < 0.85)
        book.note(
            "order_demand", order_id=order, dimension=key, level=level, essential=essential,
            reason=f"{trade.name}的日常工作需要：{zh}" if essential else "",
        )  # fmt: skip
    _accommodations(rng, book, order, demands)
    if trained or rng.random() < trade.skill_asked:
        book.note(
            "order_skill", order_id=order, code=trade.code, level=int(rng.choice([0, 1, 2])),
            required=bool(rng.random() < trade.skill_asked), taught=trained,
        )  # fmt: skip
    _log(book, order, today, opened=state == "open")


def _demands(rng: np.random.Generator, trade: Trade) -> dict[str, int]:
    pre_filled = profile(trade.name)
    if pre_filled is None:
        return {}
    steps = rng.choice([-1, 0, 1], len(pre_filled.demands), p=[0.2, 0.7, 0.1]).tolist()
    return {
        key: min(4, max(0, level + step))
        for (key, level), step in zip(pre_filled.demands.items(), steps, strict=True)
    }


def _accommodations(
    rng: np.random.Generator, book: Book, order: int, demands: dict[str, int]
) -> None:
    """Only what touches a demand is spoken of: offered, secured by a service, refused, or open."""
    for one in ACCOMMODATIONS:
        if not set(one.relaxes) & set(demands):
            continue
        luck, outside = rng.random(), one.provider in ("base", "service")
        offered = {"none": 0.4, "low": 0.3, "medium": 0.12}[one.cost_band]
        if luck < offered:
            stance, reason = ("secured" if outside else "offered"), ""
        elif luck > 0.97:
            stance, reason = "refused", "场地或工艺所限（模拟）"
        else:
            continue
        book.note(
            "order_accommodation", order_id=order, accommodation=one.key, stance=stance,
            reason=reason,
        )  # fmt: skip


def _log(book: Book, order: int, today: date, *, opened: bool = True) -> None:
    moves = [("draft", "submit", "submitted")]
    if opened:
        moves.append(("submitted", "open", "open"))
    for at, (source, event, target) in enumerate(moves):
        book.add(
            "order_log", order_id=order, at=noon(today - timedelta(days=9 - at)), actor=None,
            source=source, event=event, target=target, reason="模拟数据",
        )  # fmt: skip
