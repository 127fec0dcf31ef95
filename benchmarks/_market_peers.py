# ruff: noqa: PLC0415 - each peer loads only its own package
"""One peer on given edges, in a venv of its own: IN.npz OUT.npz NAME; prints JSON."""

import heapq
import json
import sys
import time

import numpy as np


def greedy(who, what, value, seats, people):
    """The dearest pair first, while both are free."""
    left, placed, total = seats.copy(), np.zeros(people, bool), 0
    for at in np.argsort(-value, kind="stable").tolist():
        if left[what[at]] and not placed[who[at]]:
            left[what[at]] -= 1
            placed[who[at]] = True
            total += int(value[at])
    return total, int(placed.sum())


def deferred_acceptance(who, what, value, seats, people):
    """Gale and Shapley: people ask in their order of value, an order keeps the best who ask."""
    begin = np.searchsorted(who, np.arange(people + 1)).tolist()
    by = np.lexsort((-value, who)).tolist()
    orders, values = what.tolist(), value.tolist()
    kept, asked = [[] for _ in seats], begin[:-1]
    waiting = list(range(people))
    while waiting:
        person = waiting.pop()
        if asked[person] == begin[person + 1]:
            continue
        at = by[asked[person]]
        asked[person] += 1
        heap, seat = kept[orders[at]], int(seats[orders[at]])
        if seat == 0:
            waiting.append(person)
        elif len(heap) < seat:
            heapq.heappush(heap, (values[at], person))
        else:
            waiting.append(heapq.heappushpop(heap, (values[at], person))[1])
    return sum(v for heap in kept for v, _ in heap), sum(map(len, kept))


def ortools(who, what, value, seats, people):
    """Min-cost flow; a way past the orders for everybody keeps it feasible."""
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    everyone, sink = np.arange(people), people + len(seats)
    flow.add_arcs_with_capacity_and_unit_cost(who, people + what, np.ones(len(who), int), -value)
    flow.add_arcs_with_capacity_and_unit_cost(
        everyone, np.full(people, sink), np.ones(people, int), np.zeros(people, int)
    )
    orders = np.arange(len(seats))
    flow.add_arcs_with_capacity_and_unit_cost(
        people + orders, np.full(len(seats), sink), seats, np.zeros(len(seats), int)
    )
    flow.set_nodes_supplies(np.append(everyone, sink), np.append(np.ones(people, int), -people))
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("no optimum")
    return -flow.optimal_cost(), int(flow.flows(np.arange(len(who))).sum())


def scipy(who, what, value, seats, people):
    """Full bipartite matching: every seat a column, and one of its own for staying out."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    first = np.concatenate(([0], np.cumsum(seats)))
    times = seats[what]
    if int(times.sum()) > 10_000_000:
        raise RuntimeError(
            f"needs {int(times.sum())} edges: every order once for each of its seats"
        )
    rows = np.repeat(who, times)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    columns = np.repeat(first[what], times) + offset
    high = int(value.max()) + 1
    everyone = np.arange(people)
    costs = np.append(high - np.repeat(value, times), np.full(people, high))
    graph = csr_array(
        (costs, (np.append(rows, everyone), np.append(columns, first[-1] + everyone))),
        shape=(people, int(first[-1]) + people),
    )
    _, seat = min_weight_full_bipartite_matching(graph)
    placed = seat < first[-1]
    cost = int(graph[everyone, seat].sum())
    return people * high - cost, int(placed.sum())


def matching(who, what, value, seats, people):
    """PyPI `matching`: hospitals and residents."""
    from matching.games import HospitalResident

    by = np.lexsort((-value, who))
    wishes, ranked = {}, {}
    for at in by.tolist():
        if seats[what[at]]:
            wishes.setdefault(f"p{who[at]}", []).append(f"o{what[at]}")
    for at in np.lexsort((-value, what)).tolist():
        if seats[what[at]]:
            ranked.setdefault(f"o{what[at]}", []).append(f"p{who[at]}")
    room = {name: int(seats[int(name[1:])]) for name in ranked}
    worth = {(f"p{p}", f"o{o}"): int(v) for p, o, v in zip(who, what, value, strict=True)}
    found = HospitalResident.create_from_dictionaries(wishes, ranked, room).solve()
    pairs = [(p.name, o.name) for o, some in found.items() for p in some]
    return sum(worth[pair] for pair in pairs), len(pairs)


def main():
    with np.load(sys.argv[1]) as given:
        edges = {name: given[name].astype(np.int64) for name in given.files}
    people = int(edges.pop("people"))
    begun = time.perf_counter()
    work = globals()[sys.argv[3].replace(" ", "_")]
    value, placed = work(edges["who"], edges["what"], edges["value"], edges["seats"], people)
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "value": int(value), "seats_filled": placed}))


main()
