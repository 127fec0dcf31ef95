"""Messages to people. The default sender puts them in an outbox, sealed; an operator's adapter empties it."""

from datetime import datetime
from typing import Final, Protocol

from services.db import Conn, users
from services.i18n import N_
from services.sealing import Keys

TEXTS: Final = {
    "sign_in_code": N_("【豫培】验证码{code}，5分钟内有效。工作人员不会向您索要验证码。")
}


class SmsSender(Protocol):
    """Port to a short-message provider."""

    async def send(
        self, conn: Conn, phone: str, kind: str, *, now: datetime, simulated: bool, **values: str
    ) -> None: ...


class Outbox:
    """Queues messages in the database, in the transaction that they belong to."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys

    async def send(
        self, conn: Conn, phone: str, kind: str, *, now: datetime, simulated: bool, **values: str
    ) -> None:
        body = TEXTS[kind].format(**values)
        await users.queue_sms.run(
            conn,
            self.keys.seal(phone, "sms_outbox.phone"),
            self.keys.seal(body, "sms_outbox.body"),
            kind,
            simulated,
            now,
            self.keys.index("phone", phone),
        )
