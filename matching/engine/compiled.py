"""Numba's compiler with a cache that notices when a file that a function calls into changes.

Numba looks only at the file in which a function stands: a changed helper in another file would
leave the old code of its callers in the cache. Hence one cache for each state of the sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
from numba import prange

__all__ = ["njit", "parallel", "prange"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_HERE: Final = Path(__file__).parent


def _state() -> str:
    """Of the compiled files, and of the scores, whose numbers are compiled in."""
    whole = hashlib.sha256()
    for source in sorted(_HERE.glob("*.py")):
        text = source.read_bytes()
        if b"engine.compiled import" in text or source.name in {"compiled.py", "scores.py"}:
            whole.update(text)
    return whole.hexdigest()[:16]


# Where this can't be written, numba falls back on its own places.
vars(numba.config)["CACHE_DIR"] = str(_HERE / "__pycache__" / f"numba-{_state()}")


def njit(function: _Function) -> _Function:
    """Compiled at the first call, or loaded."""
    return cast("_Function", numba.njit(cache=True)(function))


def parallel(function: _Function) -> _Function:
    """The same, with every `prange` shared between the threads."""
    return cast("_Function", numba.njit(cache=True, parallel=True)(function))
