"""An order's preview with its what-ifs, and a person's openings, before a whole province.

In process: the pass over everybody alone. Over HTTP: a real `serve` that answers previews while
other clients ask for pages, and how long those wait meanwhile.

./run bench preview --json [--people 160000] [--asks 200] [--home FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import numpy as np

from benchmarks import _machine
from benchmarks._serve import Served, SignedIn, clients, get, persona, post, pressed, served, spread
from benchmarks.market import TODAY, a_province
from matching.engine.crowd import Crowd
from matching.engine.explain import openings, pair
from matching.engine.market import Market
from matching.engine.orders import Demand, Order, Orders
from matching.engine.people import People, Person, Skill
from matching.engine.preview import preview, variants
from matching.engine.vocabulary import DIMENSIONS, Level, occupations, profile
from services.actions.drafts import prefilled

OWED_MS, OWED_OPENINGS_MS = 300, 10
ORDERS = 5000
A_BURST = 25


def an_order(rng: random.Random, number: int, counties: Sequence[str]) -> Order:
    """A post with the demands that its occupation is pre-filled with, all of them essential."""
    trade = rng.choice([one for one in occupations() if one.code and profile(one.zh)])
    found = profile(trade.zh)
    demands = {key: Demand(level) for key, level in found.demands.items()} if found else {}
    return Order(
        str(number),
        rng.choice(counties),
        trade.code,
        rng.randint(1, 40),
        demands,
        wage_yuan=rng.choice([2200, 2600, 3000, 3500]),
        contract_months=12,
        insured=True,
        education=rng.choice([0, 0, 3]),
        education_ground="法定资格",
    )


def in_process(people: int, asks: int, seed: int) -> dict[str, Any]:
    """Milliseconds of a preview and of a person's openings with reasons, wall clock and processor."""
    crowd_of, _, where = a_province(seed, people, 10)
    crowd, rng = Crowd(where), random.Random(seed)
    packing, _ = _machine.timed(lambda: crowd.put(crowd_of))
    orders = [an_order(rng, at, where.counties) for at in range(ORDERS)]
    preview(crowd, orders[0])
    walls, cpu, changes = [], [], []
    for order in orders[:asks]:
        wall, own = time.perf_counter(), time.thread_time()
        preview(crowd, order)
        walls.append(time.perf_counter() - wall)
        cpu.append(time.thread_time() - own)
        changes.append(len(list(variants(order))))
    held = Market.of(People.from_values([]), Orders.from_values(orders), where, TODAY)
    lists, lists_cpu = [], []
    for person in (a_person(rng, at, where.counties) for at in range(asks + 1)):
        wall, own = time.perf_counter(), time.thread_time()
        told = openings(held.before(People.from_values([person]), where), 0, 10)
        for one in (*told.fitting, *told.after_training, *told.to_confirm):
            pair(person, orders[int(one.order_id)], where, TODAY)
        lists.append(time.perf_counter() - wall)
        lists_cpu.append(time.thread_time() - own)
    return {
        "people": people,
        "what_ifs": {"median": int(np.median(changes)), "most": max(changes)},
        "crowd_mib": round(crowd.bytes / 2**20, 1),
        "packing_s": round(packing, 2),
        "preview_ms": spread(walls),
        "preview_cpu_ms": spread(cpu),
        "openings_ms": spread(lists[1:]),
        "openings_cpu_ms": spread(lists_cpu[1:]),
        "digest": _machine.digest(*crowd.columns),
    }


def a_person(rng: random.Random, number: int, counties: Sequence[str]) -> Person:
    """Somebody with a few limits, a skill and a wish."""
    codes = [one.code for one in occupations() if one.code]
    capacity = {d.key: rng.choice((4, 4, 4, 4, 3, 2)) for d in DIMENSIONS if rng.random() < 0.95}
    return Person(
        f"p{number}",
        rng.choice(counties),
        capacity,
        skills=(Skill(rng.choice(codes), Level(rng.randint(0, 5)), TODAY),),
        education=rng.randint(0, 4),
        may_work_from=TODAY,
        wanted=frozenset(rng.sample(codes, 2)),
        least_wage_yuan=rng.choice([0, 2000, 2600]),
        relocates=rng.random() < 0.3,
    )


def draft(rng: random.Random, wage: int, county: str) -> bytes:
    """The body of a preview over the API: an order nobody tried before, by its wage."""
    trade = rng.choice([one for one in occupations() if prefilled(one.zh)])
    demands = [
        {"dimension": d.dimension, "level": d.level, "essential": True, "reason": "岗位主要工作"}
        for d in prefilled(trade.zh)
        if d.level
    ]
    told = {
        "title": trade.zh, "trade": trade.zh, "county": county, "seats": 3, "wage_min": wage,
        "wage_max": wage + 1000, "contract_months": 12, "starts_on": "2099-03-01",
        "deadline": "2099-02-01", "demands": demands,
        "insurance": ["养老", "医疗", "失业", "工伤", "生育"],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()


async def over_http(service: Served, asks: int, seed: int) -> dict[str, Any]:
    """Milliseconds of previews one after the other, quiet and with eight clients that read pages."""
    staff = await persona(service.settings, "county_staff")
    rng, county = random.Random(seed), "410122"
    bodies = [draft(rng, 2500 + at, county) for at in range(2 * asks + 1)]
    page = get("/register", "Accept: text/html")
    await _ask(service, staff, bodies[:1])  # waits until the market is read in
    quiet = await _ask(service, staff, bodies[1 : asks + 1])
    pages_alone = await pressed(service.port, page, 8, 3)
    took = asyncio.create_task(_ask(service, staff, bodies[asks + 1 :]))
    waits: list[float] = []
    while not took.done():
        waits += await pressed(service.port, page, 8, 1)
    return {
        "preview_ms": spread(quiet),
        "preview_under_load_ms": spread(await took),
        "page_ms": spread(pages_alone),
        "page_during_previews_ms": spread(waits),
        "memory_mib": service.memory_mib(),
    }


async def _ask(service: Served, asker: SignedIn, bodies: Sequence[bytes]) -> list[float]:
    headers = (
        f"Cookie: {asker.cookie}", f"X-CSRF-Token: {asker.csrf}", "Content-Type: application/json",
        "Accept: application/json",
    )  # fmt: skip
    (client,) = await clients(service.port, b"", 1)
    # One asker does here what hundreds do a day: the limit of each is emptied as it fills.
    owner = await asyncpg.connect(service.settings.url("yupei_owner"))
    took = []
    try:
        for at, body in enumerate(bodies):
            if at % A_BURST == 0:
                await owner.execute("delete from rate_bucket where key like 'preview:%'")
            took.append(await client.ask(post("/api/orders/preview", body, *headers)))
    finally:
        await owner.close()
        if client.transport is not None:
            client.transport.close()
    return took


def main(arguments: Sequence[str]) -> int:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=160_000, help="of the pass in process")
    parser.add_argument("--asks", type=int, default=200)
    parser.add_argument("--scale", default="province", help="of the province behind serve")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", help="keeps the database here for next time")
    parser.add_argument("--no-http", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    told: dict[str, Any] = {
        "measurement": "preview",
        "machine": _machine.facts(),
        "seed": chosen.seed,
        "owed_ms": OWED_MS,
        "owed_openings_ms": OWED_OPENINGS_MS,
        "in_process": in_process(chosen.people, chosen.asks, chosen.seed),
    }
    if not chosen.no_http:
        with served(chosen.scale, chosen.home) as service:
            told["http"] = asyncio.run(over_http(service, chosen.asks, chosen.seed))
    if chosen.json:
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print(_machine.line())
    for part in ("in_process", "http"):
        for name, value in told.get(part, {}).items():
            print(f"{part:11} {name:26} {value}")
    return 0
