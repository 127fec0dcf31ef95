"""What an installation can set, read once from the environment. docs/settings.md explains each."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

T = TypeVar("T")
Network = IPv4Network | IPv6Network

ROLES: Final = ("yupei_owner", "yupei_app", "yupei_matcher", "yupei_sealer", "yupei_backup")
KEY_BYTES: Final = 32
# Read by other means than a field of their own.
OTHER_VARIABLES: Final = (
    "YUPEI_HOME",
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DATABASE_PASSWORD_FILE",
    "YUPEI_KEY_FILE",
    "YUPEI_MATCHER_KEY_FILE",
    "YUPEI_ANCHOR_FILE",
)


class SettingsError(ValueError):
    """A setting is missing, unknown or wrong; the text names it and says what to do."""


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    if value.lower() in ("1", "true", "yes"):
        return True
    if value.lower() in ("0", "false", "no", ""):
        return False
    raise ValueError("must be 1 or 0")


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return parse


def _level(value: str) -> str:
    if value.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("must be debug, info, warning or error")
    return value.lower()


def _networks(value: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


def _web_address(value: str) -> str:
    if value and urlsplit(value).scheme not in ("http", "https"):
        raise ValueError("must begin with http:// or https://")
    return value.rstrip("/")


def _setting(variable: str, parse: Callable[[str], T], default: T) -> T:
    # dataclasses.field is typed as the value it stands for; so is this.
    value: T = field(default=default, metadata={"variable": variable, "parse": parse})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Made by `from_env`. Nothing else in the product reads the environment."""

    home: Path
    database_url: str = field(default="", repr=False)  # may hold a password
    embedded: bool = True  # our own server; its address comes with `at` once it runs
    key_file: Path
    matcher_key_file: Path
    anchor_file: Path  # heads of the audit log, outside the database

    host: str = _setting("YUPEI_HOST", _text, "127.0.0.1")
    port: int = _setting("YUPEI_PORT", _number(0, 65535), 8080)
    public_url: str = _setting("YUPEI_PUBLIC_URL", _web_address, "")
    trusted_proxies: tuple[Network, ...] = _setting("YUPEI_TRUSTED_PROXIES", _networks, ())
    demo: bool = _setting("YUPEI_DEMO", _flag, False)
    demo_public: bool = _setting("YUPEI_DEMO_PUBLIC", _flag, False)
    log_level: str = _setting("YUPEI_LOG_LEVEL", _level, "info")
    pool_size: int = _setting("YUPEI_POOL_SIZE", _number(1, 200), 10)
    body_bytes: int = _setting("YUPEI_BODY_BYTES", _number(1024, 64 << 20), 1 << 20)
    cluster: str = _setting("YUPEI_CLUSTER", _text, "")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of `environ`. Reads *_FILE of the database address; makes nothing.

        Raises SettingsError for an unknown YUPEI_ variable or a wrong value.
        """
        known = variables()
        for name in sorted(environ):
            if name.startswith("YUPEI_") and name not in known:
                raise SettingsError(f"{name} is not a setting; docs/settings.md lists them all")
        values: dict[str, Any] = {}
        for each in fields(cls):
            if not (each.metadata and each.metadata["variable"] in environ):
                continue
            try:
                values[each.name] = each.metadata["parse"](environ[each.metadata["variable"]])
            except ValueError as error:
                raise SettingsError(f"{each.metadata['variable']} {error}") from None
        if values.get("demo_public") and not values.get("demo"):
            raise SettingsError("YUPEI_DEMO_PUBLIC opens the demonstration: set YUPEI_DEMO=1 too")
        home = _home(environ)
        url = _database_url(environ)
        return cls(
            home=home,
            database_url=url,
            embedded=not url,
            key_file=_path(environ, "YUPEI_KEY_FILE") or home / "key",
            matcher_key_file=_path(environ, "YUPEI_MATCHER_KEY_FILE") or home / "matcher.key",
            anchor_file=_path(environ, "YUPEI_ANCHOR_FILE") or home / "anchors.log",
            **values,
        )

    def at(self, url: str) -> "Settings":
        """The same settings with the server at `url` (the embedded one, once it runs)."""
        return replace(self, database_url=url)

    @property
    def files(self) -> Path:
        """Where uploaded evidence lies, each file named by its digest."""
        return self.home / "files"

    def url(self, role: str) -> str:
        """The address to connect as `role`, one of ROLES.

        As it is if the server's address names that role already. Else the user is replaced, and on a
        real server the password is derived from the master key; the embedded one asks for none.

        Raises SettingsError when no server is known.
        """
        if role not in ROLES:
            raise ValueError(role)
        if not self.database_url:
            raise SettingsError("no database: start the embedded server, or set DATABASE_URL")
        parts = urlsplit(self.database_url)
        user, _, host = parts.netloc.rpartition("@")
        if unquote(user.split(":")[0]) == role:
            return self.database_url
        login = role if self.embedded else f"{role}:{self.password(role)}"
        return urlunsplit(parts._replace(netloc=f"{login}@{host}"))

    def password(self, role: str) -> str:
        """64 hexadecimal digits: one secret, the master key, serves all roles."""
        return hmac.new(self.master_key, f"role:{role}".encode(), hashlib.sha256).hexdigest()

    @property
    def master_key(self) -> bytes:
        """32 bytes; made at first need where the database is ours. Raises SettingsError."""
        return _key(self.key_file, "YUPEI_KEY_FILE", may_make=self.embedded)

    @property
    def matcher_key(self) -> bytes:
        """32 bytes; only the matching process and `serve`'s snapshot read it."""
        return _key(self.matcher_key_file, "YUPEI_MATCHER_KEY_FILE", may_make=self.embedded)


def variables() -> tuple[str, ...]:
    """Every environment variable that is a setting."""
    own = (each.metadata["variable"] for each in fields(Settings) if each.metadata)
    return (*OTHER_VARIABLES, *own)


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "")
    return Path(value).expanduser().absolute() if value else None


def _home(environ: Mapping[str, str]) -> Path:
    if chosen := _path(environ, "YUPEI_HOME"):
        return chosen
    if os.geteuid() == 0:
        return Path("/var/lib/yupei")
    data = environ.get("XDG_DATA_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    return (Path(data) if data.startswith("/") else Path("~/.local/share").expanduser()) / "yupei"


def _secret(environ: Mapping[str, str], name: str) -> str:
    path = _path(environ, name)
    if path is None:
        return ""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: cannot read {path}: {error}") from None


def _database_url(environ: Mapping[str, str]) -> str:
    if environ.get("DATABASE_URL") and environ.get("DATABASE_URL_FILE"):
        raise SettingsError("set DATABASE_URL or DATABASE_URL_FILE, not both")
    url = environ.get("DATABASE_URL") or _secret(environ, "DATABASE_URL_FILE")
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise SettingsError("DATABASE_URL must begin with postgresql://")
    if password := _secret(environ, "DATABASE_PASSWORD_FILE"):
        user, _, host = parts.netloc.rpartition("@")
        login = f"{user.split(':')[0]}:{quote(password, safe='')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{host}"))
    return url


def _key(path: Path, variable: str, *, may_make: bool) -> bytes:
    made = path.with_name(path.name + ".made")
    if not path.exists():
        if not may_make:
            raise SettingsError(
                f"{variable}: {path} does not exist. With a DATABASE_URL the key is yours to make: "
                f"head -c 32 /dev/urandom > FILE, readable by this account only"
            )
        if made.exists():  # a second key could read nothing of what the first one sealed
            raise SettingsError(
                f"{path} was made once and is gone. Put it back from your backup: "
                f"what is stored cannot be read without it"
            )
        _make_key(path, made)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{variable}: cannot read {path}: {error.strerror}") from None
    if len(raw) == KEY_BYTES:
        return raw
    try:
        key = bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{variable}: {path} must hold 32 bytes, or 64 hexadecimal digits")
    return key


def _make_key(path: Path, made: Path) -> None:
    """A new key at `path`, whole or not at all, also when two processes make it at once."""
    make_home(path.parent)
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except FileExistsError:
            return
        made.touch(mode=0o600)
    finally:
        new.unlink()


def make_home(home: Path) -> None:
    """Makes `home` if it is missing. One that exists keeps its mode, and so do all above it."""
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        # As root the server runs as another account and must be able to pass; it cannot list.
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
