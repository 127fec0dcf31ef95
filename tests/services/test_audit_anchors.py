"""Heads of the audit log outside the database: a tail that is cut back to a checkpoint is seen."""

import asyncio
import json
import os
import sys

import asyncpg
import pytest

from services.jobs import anchors, audit_seal
from services.jobs.anchors import Anchor, AnchorsUnreadable
from tests.conftest import NOW
from tests.services import web
from tests.services.test_audit import Chain

HASH = bytes(range(32))
CUT = [  # everything after the third event, and every trace of it inside the database
    "delete from audit_checkpoint where position > 3",
    "delete from audit_seal where position > 3",
    "delete from audit_event where seq > 3",
]


@pytest.fixture
async def chain(template, tmp_path):
    """A place of its own with 3 events under one head and 2 more under a second, both written down."""
    async with web.a_place(template) as place:
        sealer = await asyncpg.connect(place.settings.url("yupei_sealer"))
        made = Chain(place, sealer)
        made.file = tmp_path / "anchors.log"
        try:
            for count in (3, 2):
                await made.write(count)
                await made.seal_all()
            await job(made)
            yield made
        finally:
            await sealer.close()


async def job(chain):
    async with chain.conn.transaction():
        signer = chain.place.keys.signer
        return await audit_seal.run(chain.conn, NOW.date(), NOW, signer, chain.file)


async def compared(chain):
    kept = anchors.read(chain.file)
    return await audit_seal.verify(chain.conn, chain.place.keys.signer.public_key(), kept)


async def command(chain, *more):
    """What `verify-audit` answers: exit status, what it says, what it complains of."""
    settings = chain.place.settings
    env = {
        "PATH": os.environ["PATH"],
        "YUPEI_HOME": str(chain.file.parent / "home"),
        "DATABASE_URL": settings.database_url,
        "YUPEI_KEY_FILE": str(settings.key_file),
        "YUPEI_MATCHER_KEY_FILE": str(settings.matcher_key_file),
        "YUPEI_ANCHOR_FILE": str(chain.file),
    }
    run = "from services.cli import main; main()"
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-c", run, "verify-audit", *more, env=env, stdout=-1, stderr=-1
    )
    said, complained = await made.communicate()
    return made.returncode, said.decode(), complained.decode()


async def test_every_sealed_head_is_written_down_once(chain):
    heads = await chain.conn.fetch("select position, hash from audit_checkpoint order by position")
    kept = anchors.read(chain.file)
    assert [(one.position, one.hash) for one in kept] == [tuple(row) for row in heads]
    assert kept[-1].position == 5
    assert kept[-1].at == "2026-11-23T02:00:00Z"
    before = chain.file.read_bytes()
    await job(chain)
    assert chain.file.read_bytes() == before
    assert chain.file.stat().st_mode & 0o777 == 0o600


async def test_what_was_cut_back_to_a_checkpoint_is_seen_by_verify_audit(chain):
    assert (await command(chain))[0] == 0
    await chain.tamper(*CUT)
    status, _, complaint = await command(chain)
    assert status == 1
    assert "cut off" in complaint
    status, said, _ = await command(chain, "--json")
    assert status == 1
    assert json.loads(said) == {"sealed": 3, "broken_at": 0, "anchored": 2}


async def test_without_the_anchors_the_cut_is_not_seen(chain):
    """Takes the guard away: inside the database the shorter chain is whole. The command says so."""
    await chain.tamper(*CUT)
    assert await chain.verify() == audit_seal.Verdict(3, None)
    chain.file.unlink()
    status, said, warning = await command(chain)
    assert status == 0
    assert "3 sealed events hold, and 0 heads" in said
    assert "not seen" in warning


async def test_a_copy_from_another_machine_sees_what_the_own_file_was_made_to_hide(chain, tmp_path):
    copy = tmp_path / "copy.log"
    copy.write_bytes(chain.file.read_bytes())
    await chain.tamper(*CUT)
    chain.file.write_text(chain.file.read_text().splitlines(keepends=True)[0])
    assert (await command(chain))[0] == 0
    assert (await command(chain, "--anchors", str(copy)))[0] == 1
    assert (await command(chain, "--anchors", str(tmp_path / "none.log")))[0] == 1


async def test_a_chain_that_was_cut_and_sealed_on_is_seen(chain):
    """Other events in the place of those cut off, sealed and signed with the right key."""
    await chain.tamper(*CUT)
    await chain.write(4)
    await chain.seal_all()
    assert (await chain.verify()).broken_at is None
    verdict = await compared(chain)
    assert verdict.broken_at is not None
    assert verdict.sealed == 4  # the fifth stands where another one was written down


async def test_the_sealer_seals_on_and_writes_nothing_over_what_was_cut(chain, capsys):
    await chain.tamper(*CUT)
    before = chain.file.read_bytes()
    await chain.write(4)
    await job(chain)
    assert chain.file.read_bytes() == before
    assert "audit-anchor-lost" in capsys.readouterr().out


async def test_a_head_that_is_rolled_back_is_never_written_down(chain):
    await chain.write(1)
    before = chain.file.read_bytes()
    change = chain.conn.transaction()
    await change.start()
    signer = chain.place.keys.signer
    await audit_seal.run(chain.conn, NOW.date(), NOW, signer, chain.file)
    await change.rollback()
    assert chain.file.read_bytes() == before


async def test_a_full_disk_holds_up_no_sealing_and_the_next_run_catches_up(chain, tmp_path, capsys):
    chain.file = tmp_path / "missing" / "anchors.log"
    await chain.write(1)
    await job(chain)
    assert "audit-anchor-failed" in capsys.readouterr().out
    await chain.seal_all()
    assert await chain.verify() == audit_seal.Verdict(6, None)
    chain.file.parent.mkdir()
    await job(chain)
    assert anchors.read(chain.file)[-1].position == 6


def test_a_line_that_broke_off_is_passed_over_and_written_again(tmp_path):
    file, one, two = tmp_path / "a", Anchor(3, HASH, "T1"), Anchor(5, HASH, "T2")
    for end in range(1, len(two.line)):
        file.write_text(one.line + two.line[:end])
        assert anchors.read(file) == (one,)
        anchors._append(file, two.line.encode())
        assert anchors.read(file) == (one, two)


@pytest.mark.parametrize(
    "text",
    [
        "3 " + HASH.hex() + " T\nnonsense\n" + "5 " + HASH.hex() + " T\n",
        "5 " + HASH.hex() + " T\n3 " + HASH.hex() + " T\n",
        "3 " + HASH.hex() + " T\n3 " + HASH.hex() + " later\n",
        "3 abc T\n",
        "\n3 " + HASH.hex() + "\n",
    ],
)
def test_what_the_sealer_never_wrote_is_refused(tmp_path, text):
    file = tmp_path / "a"
    file.write_text(text)
    with pytest.raises(AnchorsUnreadable):
        anchors.read(file)


def test_no_file_holds_no_anchors(tmp_path):
    assert anchors.read(tmp_path / "none") == ()
