"""How errors leave the building: RFC 9457 problem+json for programs, a page for people.

One table maps a refusal to a status. What a person reads is in their language and says what to do
next; what only the log keeps never gets here.
"""

from typing import Final, NamedTuple

import asyncpg

from accreditation import errors as accreditation
from matching import errors as matching
from services.access import Denied, SignInNeeded
from services.actions.sign_in import SignInRefused, TooMany
from services.db.context import Busy
from services.db.query import NotFound
from services.i18n import N_


class Problem(NamedTuple):
    slug: str  # the last part of "type"; never reworded once published
    status: int
    title: str  # gettext msgid
    next_step: str  # gettext msgid


class Stale(accreditation.Refusal):
    """Somebody changed the record since the asker read it."""


class VersionNeeded(accreditation.Refusal):
    """An edit must say which version it was made from."""


class KeyReused(accreditation.Refusal):
    """The idempotency key belongs to another request."""


class UnderWay(accreditation.Refusal):
    """The same request was received before; its answer is not out yet, or was lost."""


class CrossSite(accreditation.Refusal):
    """The request does not come from one of our own pages."""


class TooLarge(accreditation.Refusal):
    """The body is larger than this route takes."""


class TooSlow(accreditation.Refusal):
    """The body did not arrive in time."""


_BACK: Final = N_("请返回上一页核对后重试。")
BAD_REQUEST: Final = Problem("bad-request", 400, N_("请求格式不对"), _BACK)
BUSY: Final = Problem("busy", 503, N_("系统繁忙"), N_("请几秒钟后重试，已提交的内容不会丢失。"))
PROBLEMS: Final[dict[type[Exception], Problem]] = {
    SignInNeeded: Problem("sign-in-needed", 401, N_("需要登录"), N_("请登录后再打开这一页。")),
    SignInRefused: Problem("sign-in-refused", 401, N_("登录未成功"), N_("请核对后重试。")),
    Denied: Problem("denied", 403, N_("无权操作"), N_("如确需办理，请联系您的上级管理员。")),
    CrossSite: Problem("cross-site", 403, N_("请求来源不对"), N_("请从本站页面重新提交。")),
    NotFound: Problem("not-found", 404, N_("没有找到"), N_("请检查网址，或从首页重新进入。")),
    accreditation.IllegalMove: Problem("illegal-move", 409, N_("当前状态不允许此操作"), _BACK),
    matching.IllegalMove: Problem("illegal-move", 409, N_("当前状态不允许此操作"), _BACK),
    KeyReused: Problem("key-reused", 422, N_("提交编号已用过"), N_("请刷新页面后重新提交。")),
    UnderWay: Problem(
        "under-way", 409, N_("这次提交已经收到"), N_("请打开相关页面核对结果，不要重复填写。")
    ),
    Stale: Problem("stale", 412, N_("内容已被他人修改"), N_("请刷新页面，核对新内容后再提交。")),
    TooLarge: Problem("too-large", 413, N_("内容太大"), N_("请减小文件或分几次提交。")),
    TooSlow: Problem("too-slow", 408, N_("网络太慢，没有收完"), N_("请检查网络后重试。")),
    VersionNeeded: Problem("version-needed", 428, N_("缺少版本号"), N_("请先读取最新内容再修改。")),
    TooMany: Problem("too-many", 429, N_("操作过于频繁"), N_("请稍后再试。")),
    accreditation.Refusal: Problem("refused", 422, N_("不符合规定"), _BACK),
    matching.Refusal: Problem("refused", 422, N_("不符合规定"), _BACK),
    # A NUL in a text: PostgreSQL stores none, and nobody types one.
    asyncpg.CharacterNotInRepertoireError: BAD_REQUEST,
    Busy: BUSY,
    # A statement that took or waited too long, and a database that is just away.
    asyncpg.QueryCanceledError: BUSY,
    asyncpg.LockNotAvailableError: BUSY,
    asyncpg.DeadlockDetectedError: BUSY,
    asyncpg.CannotConnectNowError: BUSY,
    asyncpg.PostgresConnectionError: BUSY,
    ConnectionError: BUSY,
}
UNEXPECTED: Final = Problem(
    "unexpected", 500, N_("系统出现问题"), N_("请稍后再试；仍不行时，请把下面的编号告诉管理员。")
)
BY_STATUS: Final = {
    404: PROBLEMS[NotFound],
    405: Problem("method", 405, N_("不支持这种操作"), _BACK),
    413: PROBLEMS[TooLarge],
}


def problem_of(error: Exception) -> Problem:
    """The row of the table for `error`, by its nearest class; UNEXPECTED for none."""
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            return PROBLEMS[kind]
    return UNEXPECTED
