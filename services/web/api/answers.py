"""JSON in and out of a handler."""

from typing import TypeVar

import msgspec
from aiohttp import web

from accreditation.errors import Refusal

Body = TypeVar("Body")
_ENCODER = msgspec.json.Encoder(decimal_format="string")


def answer(value: object, *, status: int = 200) -> web.Response:
    """`value` as JSON; decimals as strings, so that no digit is lost."""
    return web.Response(body=_ENCODER.encode(value), status=status, content_type="application/json")


async def body(request: web.Request, kind: type[Body]) -> Body:
    """The body as `kind`. Raises Refusal that names the place of the first fault."""
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.DecodeError as error:
        raise Refusal("请求内容不符合格式：{fault}", fault=str(error)) from None
