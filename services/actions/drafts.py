"""An order as its poster writes it, and everything that can be wrong with it, told at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Final

from matching.engine.orders import Order
from matching.engine.titles.classification import classification
from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    DIMENSION_AT,
    DIMENSIONS,
    Occupation,
    occupations,
    profile,
)
from matching.errors import Refusal
from matching.orders import terms, text
from services.actions.market import MODES, SHIFTS, Demanded, Post, Provided, Skilled, engine_order
from services.db import Conn, orders
from services.i18n import N_, Message

OCCUPATION: Final = 4  # the level of the classification that an order names
DORMS: Final = ("none", "yes", "accessible")
BASES: Final = ("month", "hour", "piece")
STANCES: Final = ("offered", "secured", "refused")


class Faulty(Refusal):
    """Several answers of an order are wrong: `errors` tells each by its field."""

    def __init__(self, errors: dict[str, Message]) -> None:
        super().__init__("订单有{count}处需要修改", count=len(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Draft:
    """An order as its poster writes it."""

    title: str
    trade: str  # the name of an occupation; a code may have several
    county: str
    seats: int
    wage_min: int  # yuan per `wage_basis`
    wage_max: int
    contract_months: int
    starts_on: date
    deadline: date
    min_headcount: int = 1
    work_type: str = "on_site"
    address: str = ""
    wage_basis: str = "month"
    insurance: list[str] = field(default_factory=list)
    dorm: str = "none"
    shift: str = "day"
    education_min: int | None = None
    education_reason: str = ""
    class_starts: date | None = None
    class_ends: date | None = None
    raises: dict[str, int] = field(default_factory=dict)
    demands: list[Demanded] = field(default_factory=list)
    accommodations: list[Provided] = field(default_factory=list)
    skills: list[Skilled] = field(default_factory=list)


def occupation(words: str) -> Occupation | None:
    """The trade of that name, else of that alias, else what the national classification calls so.

    An order may name any occupation of the classification, by name or code; the trades of this
    programme come first because they carry demands to start from.
    """
    wanted = words.strip()
    by_name = [one for one in occupations() if one.zh == wanted or one.en.lower() == wanted.lower()]
    by_alias = [one for one in occupations() if wanted in one.aliases]
    return next(iter(by_name or by_alias), None) or _classified().get(wanted)


@cache
def _classified() -> Mapping[str, Occupation]:
    """The occupations of the classification by name and by code; upper levels are none."""
    ours = {one.code: one for one in reversed(occupations()) if one.code}
    found: dict[str, Occupation] = {}
    for one in classification().values():
        if one.level == OCCUPATION:
            plain = Occupation(one.code, one.name, one.name, one.aliases, "occupation", "", "")
            found[one.code] = found[one.name] = ours.get(one.code, plain)
    return found


def suggestions(words: str, most: int = 12) -> list[Occupation]:
    """Occupations whose name or alias holds the words."""
    wanted = words.strip().lower()
    if not wanted:
        return []
    return [
        one
        for one in occupations()
        if any(wanted in name.lower() for name in (one.zh, one.en, *one.aliases))
    ][:most]


def prefilled(name: str) -> list[Demanded]:
    """Demands to start from: estimates that the poster confirms. Nothing for an unknown name."""
    found = profile(name)
    if found is None:
        return []
    return [Demanded(d.key, found.demands[d.key]) for d in DIMENSIONS if d.key in found.demands]


def order_of(draft: Draft, number: str = "0") -> Order:
    """The draft as the engine's value. Raises Refusal."""
    found = occupation(draft.trade)
    post = Post(
        draft.county,
        (found.code if found else "") or draft.trade,
        draft.seats,
        draft.min_headcount,
        draft.work_type,
        draft.wage_min,
        draft.wage_basis,
        draft.contract_months,
        tuple(draft.insurance),
        draft.dorm,
        draft.shift,
        draft.education_min,
        draft.education_reason,
        draft.raises,
        draft.class_starts,
        draft.starts_on,
        draft.demands,
        draft.accommodations,
        draft.skills,
    )
    return engine_order(number, post)


def terms_of(draft: Draft, minimum_yuan: int | None) -> terms.Terms:
    return terms.Terms(
        draft.wage_min,
        draft.wage_max,
        draft.wage_basis,
        draft.contract_months,
        tuple(draft.insurance),
        minimum_yuan,
    )


def _faults(draft: Draft, today: date, minimum_yuan: int | None) -> dict[str, Message]:
    """Every fault by its field, the plain ones before what the rules say."""
    found = {name: Message(words) for name, fine, words in _plain(draft, today) if not fine}
    for one in draft.demands:
        if one.dimension not in DIMENSION_AT or not 0 <= one.level <= 4:
            found[f"level-{one.dimension}"] = Message("请从列出的程度中选择")
        elif one.essential and not one.reason.strip():
            found[f"reason-{one.dimension}"] = Message("请写明哪一部分工作非要这一项不可")
    for given in draft.accommodations:
        if given.accommodation not in ACCOMMODATION_AT or given.stance not in STANCES:
            found[f"stance-{given.accommodation}"] = Message("请从列出的选项中选择")
        elif given.stance == "refused" and not given.reason.strip():
            found[f"why-{given.accommodation}"] = Message("请写明为什么不能提供，残联会看到")
    for name, rule in _rules(draft, minimum_yuan).items():
        if name not in found and rule is not None:
            found[name] = Message(rule.text, **rule.values)
    return found


def _plain(draft: Draft, today: date) -> tuple[tuple[str, bool, str], ...]:
    """(field, whether it is fine, what to say if not), in the order of the form."""
    starts = draft.class_starts
    ends = draft.class_ends or starts
    in_order = starts is None or ends is None or starts <= ends <= draft.starts_on
    grounded = not draft.education_min or bool(draft.education_reason.strip())
    most_people = max(1, draft.seats)
    months_fine = 1 <= draft.contract_months <= 120
    known = set(draft.insurance) <= set(terms.INSURANCE)
    return (
        ("title", bool(draft.title.strip()), N_("请填写岗位名称")),
        ("trade", occupation(draft.trade) is not None, N_("没有这个职业，请从列出的职业中选择")),
        ("seats", 1 <= draft.seats <= 2000, N_("名额应在1至2000之间")),
        (
            "min_headcount",
            1 <= draft.min_headcount <= most_people,
            N_("最少开班人数应在1与名额之间"),
        ),
        ("work_type", draft.work_type in MODES, N_("请选择工作方式")),
        ("wage_min", 0 < draft.wage_min < 2**31, N_("请填写工资")),
        ("wage_basis", draft.wage_basis in BASES, N_("请选择计薪方式")),
        ("contract_months", months_fine, N_("合同月数应在1至120之间")),
        ("insurance", known, N_("请从列出的社会保险中选择")),
        ("dorm", draft.dorm in DORMS, N_("请选择住宿")),
        ("shift", draft.shift in SHIFTS, N_("请选择班次")),
        ("deadline", draft.deadline > today, N_("报名截止日期应在今天之后")),
        ("starts_on", draft.starts_on >= draft.deadline, N_("上岗日期不能早于报名截止日期")),
        ("class_starts", in_order, N_("培训应在上岗以前结束")),
        ("education_reason", grounded, N_("请写明为什么需要这个学历")),
    )


def _rules(draft: Draft, minimum_yuan: int | None) -> dict[str, Refusal | None]:
    """What the pure rules say of each field."""
    texts = {
        "title": draft.title,
        "address": draft.address,
        "education_reason": draft.education_reason,
        **{f"reason-{one.dimension}": one.reason for one in draft.demands},
        **{f"why-{one.accommodation}": one.reason for one in draft.accommodations},
    }
    said: dict[str, Refusal | None] = {}
    for name, words in texts.items():
        try:
            text.check(words)
            terms.check_deposit(words)
        except Refusal as refusal:
            said[name] = refusal
    try:
        terms.check_wage(terms_of(draft, minimum_yuan))
    except Refusal as refusal:
        said["wage_min"] = refusal
    try:
        order_of(draft)
    except Refusal as refusal:
        said["raises"] = refusal
    except (KeyError, ValueError):
        said["skills"] = Refusal("请从列出的选项中选择")
    return said


async def checked(conn: Conn, draft: Draft, *, today: date) -> tuple[terms.Warned, ...]:
    """What the poster should know of the terms. Raises Faulty with every fault at once."""
    minimum = await orders.minimum_wage.value(conn, draft.county, today)
    if found := _faults(draft, today, minimum):
        raise Faulty(found)
    return terms.warnings(terms_of(draft, minimum))
