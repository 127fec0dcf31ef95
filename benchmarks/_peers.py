"""A venv of their own for the packages that we are measured against, and a way to run them in it.

Peers never enter the product's environment: PyPI `matching` even has the name of one of our
packages. The venv lies in the cache and is made once for each set of requirements. Arrays go to a
peer and come back as .npz files.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._machine import Timed

STAMP = ".complete"


class PeerFailed(Exception):
    """A peer ended badly; says how, in its own last words."""


def folder() -> Path:
    """Where the venvs of peers lie."""
    home = os.environ.get("YUPEI_HOME")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return (Path(home) if home else Path(cache) / "yupei") / "peers"


def python(requirements: Sequence[str]) -> Path:
    """The interpreter of a venv that holds exactly these `name==version`; made when missing."""
    key = hashlib.sha256(f"{sys.version_info[:2]}{sorted(requirements)}".encode()).hexdigest()[:12]
    place = folder() / key
    interpreter = place / "bin" / "python"
    if (place / STAMP).exists():
        return interpreter
    print(f"making a venv for {', '.join(requirements)} ...", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    if uv := shutil.which("uv"):
        subprocess.run([uv, "venv", "-q", "-p", sys.executable, place], check=True)
        subprocess.run([uv, "pip", "install", "-q", "-p", interpreter, *requirements], check=True)
    else:
        venv.create(place, with_pip=True)
        subprocess.run(
            [interpreter, "-m", "pip", "install", "-q", *requirements],
            check=True,
        )
    (place / STAMP).write_text("\n".join(requirements) + "\n", "utf-8")
    return interpreter


def call(
    interpreter: Path,
    script: Path,
    arguments: Sequence[str],
    arrays: Mapping[str, Any],
    *,
    seconds: float = 600,
) -> Timed:
    """Runs `script IN.npz OUT.npz *arguments`; the peer's own seconds and its arrays.

    The script's last line on stdout is JSON with "seconds", without reading and writing of files;
    its other keys come back in `result["said"]` beside the arrays. Raises PeerFailed.
    """
    with tempfile.TemporaryDirectory() as place:
        given, made = Path(place) / "in.npz", Path(place) / "out.npz"
        np.savez(given, **arrays)
        try:
            run = subprocess.run(
                [str(interpreter), "-I", str(script), str(given), str(made), *arguments],
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise PeerFailed(f"not done after {seconds:.0f} s") from late
        if run.returncode:
            last = run.stderr.strip().splitlines()[-1:] or [f"ended with {run.returncode}"]
            raise PeerFailed(last[0])
        said = json.loads(run.stdout.strip().splitlines()[-1])
        result: dict[str, Any] = {"said": said}
        if made.exists():
            with np.load(made) as arrays_made:
                result |= {name: arrays_made[name] for name in arrays_made.files}
        return Timed((float(said["seconds"]),), result)
