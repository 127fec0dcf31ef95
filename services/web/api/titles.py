"""Job titles to occupation codes as JSON: a proposal that a person confirms, never a decision."""

from dataclasses import dataclass

from aiohttp import web

from matching.engine.titles.model import Answer, Candidate
from matching.errors import Refusal
from services.access import Permission
from services.web.api.answers import answer
from services.web.occupations import asked, read
from services.web.routing import Area, Routes

routes = Routes()


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """An entry of the national classification; the probability is that it is right."""

    code: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class TitleAnswer:
    """At most five codes, likeliest first, and the deepest entry that is sure, if any is.

    `level`: code, minor, middle, major, or empty for none; `read_as`: what a slip was taken for.
    """

    title: str
    candidates: list[CodeAnswer]
    level: str
    sure: CodeAnswer | None
    read_as: str


def _code(one: Candidate) -> CodeAnswer:
    return CodeAnswer(one.code, one.name, one.probability)


def _told(said: Answer) -> TitleAnswer:
    sure = _code(said.sure) if said.sure else None
    return TitleAnswer(
        said.title, [_code(one) for one in said.candidates], said.level, sure, said.read_as
    )


@routes.get(
    "/api/titles",
    permission=Permission.ORDER_WRITE,
    area=Area.ANYWHERE,
    reply=TitleAnswer,
)
async def titles(request: web.Request) -> web.Response:
    """The codes that the job title of `title` may mean, with probabilities."""
    title = asked(request, "title")
    if not title:
        raise Refusal("请填写岗位名称")
    return answer(_told(await read(title)))
