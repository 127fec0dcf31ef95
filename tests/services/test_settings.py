"""What an installation can set is known, checked, documented, and leaks no secret."""

import asyncio
import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from services.db.roles import scram_verifier
from services.settings import ROLES, Settings, SettingsError, variables

KEY = bytes(range(32))


def settings(tmp_path: Path, **env: str) -> Settings:
    return Settings.from_env({"YUPEI_HOME": str(tmp_path / "home"), "PATH": "/bin", **env})


def with_key(tmp_path: Path, **env: str) -> Settings:
    (tmp_path / "secret").write_bytes(KEY)
    return settings(tmp_path, YUPEI_KEY_FILE=str(tmp_path / "secret"), **env)


def test_without_any_setting_it_serves_this_machine_only_from_its_own_server(
    tmp_path: Path,
) -> None:
    found = settings(tmp_path)
    assert (found.host, found.port, found.embedded, found.demo) == ("127.0.0.1", 8080, True, False)
    assert not (tmp_path / "home").exists()  # reading makes nothing


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("YUPEI_PROT", "80", "is not a setting"),
        ("YUPEI_PORT", "eighty", "whole number from 0 to 65535"),
        ("YUPEI_PORT", "65536", "whole number from 0 to 65535"),
        ("YUPEI_DEMO", "maybe", "must be 1 or 0"),
        ("YUPEI_LOG_LEVEL", "loud", "must be debug"),
        ("YUPEI_PUBLIC_URL", "ftp://x", "must begin with http"),
        ("YUPEI_DEMO_PUBLIC", "1", "set YUPEI_DEMO=1 too"),
        ("DATABASE_URL", "mysql://x", "must begin with postgresql"),
        ("DATABASE_URL_FILE", "/nowhere/at/all", "cannot read"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_must_be(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        settings(tmp_path, **{name: value})


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    text = (Path(__file__).parents[2] / "docs/settings.md").read_text()
    documented = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert documented == set(variables())


def test_a_role_replaces_the_user_of_the_address_with_a_password_of_its_own(
    tmp_path: Path,
) -> None:
    found = with_key(
        tmp_path, DATABASE_URL="postgresql://admin:pw@a:5432,b:5432/yupei?sslmode=require"
    )
    password = hmac.new(KEY, b"role:yupei_app", hashlib.sha256).hexdigest()
    assert found.url("yupei_app") == (
        f"postgresql://yupei_app:{password}@a:5432,b:5432/yupei?sslmode=require"
    )
    assert len({found.url(role) for role in ROLES}) == len(ROLES)


def test_an_address_that_names_the_role_is_used_as_it_is(tmp_path: Path) -> None:
    """So a process may be given its own role's password and never see the master key."""
    given = "postgresql://yupei_matcher:own@db/yupei"
    found = settings(tmp_path, DATABASE_URL=given)
    assert found.url("yupei_matcher") == given
    with pytest.raises(SettingsError, match="YUPEI_KEY_FILE"):
        found.url("yupei_owner")


def test_the_embedded_server_asks_for_no_password(tmp_path: Path) -> None:
    found = settings(tmp_path)
    with pytest.raises(SettingsError, match="no database"):
        found.url("yupei_app")
    at = found.at("postgresql://postgres@/yupei?host=/a%20b&port=5432")
    assert at.url("yupei_app") == "postgresql://yupei_app@/yupei?host=/a%20b&port=5432"


def test_secrets_come_from_files_and_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss/word\n")
    found = settings(
        tmp_path,
        DATABASE_URL="postgresql://postgres@db/yupei",
        DATABASE_PASSWORD_FILE=str(tmp_path / "password"),
    )
    assert found.database_url == "postgresql://postgres:p%40ss%2Fword@db/yupei"
    assert "p%40ss" not in repr(found)


async def test_a_key_is_made_once_for_this_account_only_also_by_many_at_once(
    tmp_path: Path,
) -> None:
    found = settings(tmp_path)
    keys = await asyncio.gather(
        *(asyncio.to_thread(lambda: found.master_key) for _ in range(8)),
    )
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert found.key_file.stat().st_mode & 0o777 == 0o600
    assert found.matcher_key != found.master_key
    left = sorted(each.name for each in found.home.iterdir())
    assert left == ["key", "key.made", "matcher.key", "matcher.key.made"]


def test_a_lost_key_is_never_replaced_in_silence(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.master_key
    found.key_file.unlink()
    with pytest.raises(SettingsError, match="backup"):
        _ = found.master_key


def test_no_key_is_made_for_a_server_of_ones_own(tmp_path: Path) -> None:
    found = settings(tmp_path, DATABASE_URL="postgresql://db/yupei")
    with pytest.raises(SettingsError, match="does not exist"):
        _ = found.master_key


def test_a_key_may_be_32_bytes_or_64_digits_and_nothing_else(tmp_path: Path) -> None:
    found = with_key(tmp_path)
    assert found.master_key == KEY
    found.key_file.write_text(KEY.hex() + "\n")
    assert found.master_key == KEY
    found.key_file.write_text("too short")
    with pytest.raises(SettingsError, match="32 bytes"):
        _ = found.master_key


def test_the_verifier_is_what_a_server_computes_from_the_password() -> None:
    salt = b"0123456789abcdef"
    kind, rest, keys = scram_verifier("secret", salt).split("$")
    assert kind == "SCRAM-SHA-256"
    assert rest == "4096:" + base64.b64encode(salt).decode()
    salted = hashlib.pbkdf2_hmac("sha256", b"secret", salt, 4096)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored, server = keys.split(":")
    assert base64.b64decode(stored) == hashlib.sha256(client).digest()
    assert base64.b64decode(server) == hmac.digest(salted, b"Server Key", "sha256")
