"""What every measurement says beside its figures: the machine, the data, medians of taking turns."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

GIB = 2**30


def facts() -> dict[str, object]:
    """The machine and the versions, for --json; memory in GiB, load as the mean of one minute."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "memory_gib": round(_memory() / GIB, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "load": round(os.getloadavg()[0], 2),
    }


def line() -> str:
    """The same in one line."""
    its = facts()
    return (
        f"{its['cpu']}, {its['cores']} cores, {its['memory_gib']} GiB, {its['system']}, "
        f"Python {its['python']}, numpy {its['numpy']}, numba {its['numba']}, load {its['load']}"
    )


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for row in info.read_text("utf-8").splitlines():
            if row.startswith("model name"):
                return " ".join(row.partition(":")[2].split())
    return platform.processor() or platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def peak_gib() -> float:
    """The most memory that this process has held at once."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB, 3)


def digest(*columns: Any) -> str:
    """The first 16 hexadecimal digits of a SHA-256 over arrays and words: which data it was."""
    total = hashlib.sha256()
    for column in columns:
        if isinstance(column, np.ndarray):
            total.update(f"{column.dtype.str}{column.shape}".encode())
            total.update(np.ascontiguousarray(column).tobytes())
        else:
            total.update(repr(column).encode())
    return total.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of one contestant, round by round, and what it gave last."""

    seconds: tuple[float, ...]
    result: Any

    @property
    def median(self) -> float:
        """The middle of its seconds."""
        return statistics.median(self.seconds)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of wall clock, and the result."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def interleaved(contestants: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Timed]:
    """Everybody once a round, and each round the other way about: what disturbs, disturbs all.

    A contestant that measures itself (a subprocess) may return a `Timed`: its seconds count then.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    results: dict[str, Any] = {}
    for turn in range(rounds):
        for name in list(contestants)[:: 1 if turn % 2 == 0 else -1]:
            took, result = timed(contestants[name])
            if isinstance(result, Timed):
                took, result = result.median, result.result
            seconds[name].append(took)
            results[name] = result
    return {name: Timed(tuple(seconds[name]), results[name]) for name in contestants}


def percentile(seconds: Iterable[float], share: float) -> float:
    """The value that `share` (0..1) of the measurements do not exceed, without interpolation."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
