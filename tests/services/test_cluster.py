"""Passes on a cluster: the bytes of one machine, also when a worker dies over them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.market import TODAY, a_province
from matching.engine.allotment import Allotment, allot
from matching.engine.market import Market
from matching.engine.search import Found, search
from services import cluster
from services.cluster import Cluster, ClusterRefused, allot_at, connect, search_block

ROOT = Path(__file__).parents[2]


class Machines:
    """A scheduler and two workers, as an operator starts them."""

    def __init__(self, place: Path) -> None:
        self.place, self.address = place, place / "scheduler.json"
        # One kernel thread each; what the engine compiled lies in its own cache.
        self.env = {**os.environ, "NUMBA_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        self.started: list[subprocess.Popen[bytes]] = []
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.workers = [
            self.start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
            for _ in range(2)
        ]

    def start(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        dask = Path(sys.executable).with_name("dask")
        command = [dask, kind, *words, "--scheduler-file", self.address]
        with (self.place / f"{kind}{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.place, env=self.env, stdout=log, stderr=subprocess.STDOUT
            )
        self.started.append(process)
        return process

    def url(self) -> str:
        until = time.monotonic() + 60
        while not (self.address.exists() and self.address.stat().st_size):
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.1)
        return str(json.loads(self.address.read_text())["address"])

    def stop(self) -> None:
        for process in reversed(self.started):
            process.kill()
            process.wait(30)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    made = Machines(tmp_path)
    yield made
    made.stop()


def same(one: Allotment, other: Allotment) -> bool:
    return (
        all(
            getattr(one, name).tobytes() == getattr(other, name).tobytes()
            for name in ("order_of", "prices", "surplus")
        )
        and (one.value, one.bound) == (other.value, other.bound)
        and list(map(astuple, one.passes)) == list(map(astuple, other.passes))
    )


def test_blocks_of_people_give_the_bytes_of_a_pass_in_one_piece() -> None:
    market = Market.of(*a_province(5, 700, 40), TODAY)
    prices, floor = np.arange(40, dtype=np.int64) * 5_000, np.arange(700, dtype=np.int64) * 100
    for orders in (None, np.arange(0, 40, 3)):
        whole = search(market, prices, 7, orders=orders, floor=floor)
        blocks = [
            search_block(
                market, (prices, 7, orders), np.arange(a, b), floor[a:b], cluster.engine_state()
            )
            for a, b in pairwise([0, 1, 65, 400, 700])
        ]
        for column, piece in zip(whole, zip(*blocks, strict=True), strict=True):
            assert column.tobytes() == np.concatenate(piece).tobytes()
        assert (whole.order >= 0).any()


def test_a_worker_with_another_engine_is_refused() -> None:
    market = Market.of(*a_province(5, 70, 10), TODAY)
    nothing = np.zeros(10, np.int64)
    with pytest.raises(ClusterRefused, match="another version"):
        search_block(market, (nothing, 3, None), np.arange(70), np.zeros(70, np.int64), "0123")


@pytest.mark.parametrize("address", ["tcp://10.1.2.3:8786", "10.1.2.3:8786", "http://127.0.0.1:1"])
def test_profiles_do_not_travel_in_the_clear(address: str) -> None:
    with pytest.raises(ClusterRefused, match="tls://"), connect(address):
        pass


def test_a_night_without_its_cluster_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    market = Market.of(*a_province(6, 300, 20), TODAY)
    with pytest.raises(ClusterRefused), connect("tcp://127.0.0.1:1"):
        pass
    assert same(allot_at(market, "tcp://127.0.0.1:1"), allot(market))


@pytest.mark.long
def test_two_workers_give_the_bytes_of_one_machine_though_one_is_killed_midway(
    machines: Machines,
) -> None:
    market = Market.of(*a_province(7, 20_000, 400), TODAY)
    here = allot(market, exact=False)
    assert len(here.passes) >= 2
    dead_after: list[int] = []
    with connect(machines.url()) as found:
        found.client.wait_for_workers(2, timeout=120)
        assert same(allot(market, exact=False, passes=found.search), here)

        def killing(market: Market, prices: np.ndarray, k: int, **narrowed: Any) -> Found:
            if not dead_after:  # in the middle of the first pass
                threading.Timer(0.2, machines.workers[0].kill).start()
            dead_after.append(1)
            return found.search(market, prices, k, **narrowed)

        assert same(allot(market, exact=False, passes=killing), here)
        assert machines.workers[0].poll() is not None
        assert len(found.client.scheduler_info()["workers"]) == 1


@pytest.mark.long
def test_when_every_worker_is_lost_a_new_one_gets_the_market_again(machines: Machines) -> None:
    market = Market.of(*a_province(8, 9_000, 200), TODAY)
    prices = np.zeros(200, np.int64)
    whole = search(market, prices, 5)
    with connect(machines.url()) as found:
        assert isinstance(found, Cluster)
        found.search(market, prices, 5)
        for worker in machines.workers:
            worker.kill()
        machines.start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        again = found.search(market, prices, 5)
    assert [column.tobytes() for column in again] == [column.tobytes() for column in whole]
