"""Kernel passes on a Dask cluster: blocks of people are searched there, prices go out, edges come back.

A person's best orders depend on nobody else, so a pass cut into blocks gives the bytes of a pass in
one piece. The market travels once and is held by every worker; what a lost worker had in hand is
done again by the others. The auction, and with it the proof, stays here.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from matching.engine.allotment import Allotment, allot
from matching.engine.market import Market
from matching.engine.search import Found, search
from services.log import log

PEOPLE_A_TASK: Final = 4_096
CONNECT_SECONDS: Final = 20
ATTEMPTS: Final = 4  # at a pass: a worker may die while data is on its way to it
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

# Numba's simplest threading layer must not be entered twice at once in a process.
_ONE_AT_A_TIME: Final = threading.Lock()


class ClusterRefused(Exception):
    """The cluster is not one to send people's profiles to, or does not answer; says what to do."""


@cache
def engine_state() -> str:
    """The first 16 hexadecimal digits of a SHA-256 over the engine's sources."""
    whole = hashlib.sha256()
    for source in sorted(files("matching.engine").iterdir(), key=lambda one: one.name):
        if source.name.endswith(".py"):
            whole.update(source.read_bytes())
    return whole.hexdigest()[:16]


def search_block(
    market: Market,
    asked: tuple[NDArray[np.int64], int, NDArray[np.int64] | None],
    people: NDArray[np.int64],
    floor: NDArray[np.int64],
    state: str,
) -> Found:
    """One block of people at these prices before these orders (None: all), at a worker.

    Raises ClusterRefused if its engine is another.
    """
    if state != engine_state():
        raise ClusterRefused("a worker runs another version of yupei: install the same everywhere")
    prices, k, orders = asked
    with _ONE_AT_A_TIME:
        return search(market, prices, k, people=people, orders=orders, floor=floor)


class Cluster:
    """A connected cluster; `search` does there what `matching.engine.search.search` does here."""

    def __init__(self, client: Any) -> None:  # distributed.Client, whose calls have no types
        self.client = client
        self._market: Market | None = None
        self._there: Any = None  # where the market is

    def search(
        self,
        market: Market,
        prices: NDArray[np.int64],
        k: int,
        *,
        people: NDArray[np.int64] | None = None,
        orders: NDArray[np.int64] | None = None,
        floor: NDArray[np.int64] | int = 0,
    ) -> Found:
        """The same bytes as at home. Raises ClusterRefused when no worker is left."""
        from distributed import KilledWorker  # noqa: PLC0415 - an extra

        chosen = np.arange(len(market.people)) if people is None else people
        floors = np.broadcast_to(np.asarray(floor, np.int64), len(chosen)).copy()
        lost: Exception | None = None
        for attempt in range(ATTEMPTS):
            try:
                blocks = self._mapped(market, (prices, k, orders), chosen, floors)
            except (CancelledError, OSError) as wrong:  # who held the market is gone, or going
                lost, self._market = wrong, None
                time.sleep(attempt)  # seconds, until the scheduler has noticed
            except KilledWorker as wrong:
                raise ClusterRefused(f"the cluster failed: {wrong}") from None
            else:
                return Found(*(np.concatenate(column) for column in zip(*blocks, strict=True)))
        raise ClusterRefused(f"the cluster was lost again and again: {lost}")

    def _mapped(
        self,
        market: Market,
        asked: tuple[NDArray[np.int64], int, NDArray[np.int64] | None],
        people: NDArray[np.int64],
        floors: NDArray[np.int64],
    ) -> list[Found]:
        if self._market is not market:
            self._wait()
            self._there, self._market = self._sent(market), market
        question = self._sent(asked)
        tasks = [
            self.client.submit(
                search_block,
                self._there,
                question,
                people[cut : cut + PEOPLE_A_TASK],
                floors[cut : cut + PEOPLE_A_TASK],
                engine_state(),
                pure=False,
            )
            for cut in range(0, max(1, len(people)), PEOPLE_A_TASK)
        ]
        found: list[Found] = self.client.gather(tasks)
        return found

    def _sent(self, what: object) -> Any:
        """A copy with every worker: the loss of one loses nothing."""
        return self.client.scatter(what, broadcast=True, hash=False)

    def _wait(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError:
            raise ClusterRefused(
                "the cluster has no workers: start some with dask worker"
            ) from None


def allot_at(market: Market, address: str) -> Allotment:
    """The allotment, its passes done at `address`; here where there is none or it fails.

    Either way the bytes are the same, so a night's run does not wait for a cluster.
    """
    if address:
        try:
            with connect(address) as cluster:
                return allot(market, passes=cluster.search)
        except ClusterRefused as refused:
            log.warning("cluster", error=str(refused))
    return allot(market)


@contextmanager
def connect(address: str) -> Iterator[Cluster]:
    """The cluster whose scheduler is at `address` (tls://host:port). Raises ClusterRefused.

    Profiles travel to it, so the way must be encrypted; tcp:// is for this machine only.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - the extra may not be installed
    except ImportError:
        raise ClusterRefused("install the extra: pip install 'yupei[cluster]'") from None
    parts = urlsplit(address)
    if parts.scheme != "tls" and not (parts.scheme == "tcp" and parts.hostname in LOOPBACK):
        raise ClusterRefused(
            f"{address}: use tls://host:port; tcp:// is for this machine only, profiles travel here"
        )
    try:
        client = Client(  # type: ignore[no-untyped-call]
            address, timeout=CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, ValueError) as wrong:
        raise ClusterRefused(f"{address} does not answer: {wrong}") from None
    with client:
        yield Cluster(client)
