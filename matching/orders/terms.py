"""Fair terms of an order: what is refused, and what the poster is warned of."""

import re
from dataclasses import dataclass
from typing import Final

from matching.errors import Refusal

QUOTA_MONTHS: Final = 12  # 残疾人就业申报审核办法 art. 6: 劳动合同一年以上 (facts/orders.md 1.2)
# 劳动法 第七十二条、社会保险法: the five kinds.
INSURANCE: Final = ("养老", "医疗", "失业", "工伤", "生育")
# 劳动合同法 第九条: no deposit, no papers held back.
_DEPOSIT: Final = re.compile(
    r"押金|保证金|风险金|抵押|扣押.{0,4}证|收取.{0,6}(服装|培训|报名|体检)费"
)


@dataclass(frozen=True, slots=True)
class Warned:
    """Something lawful that the poster should know: `key` names what, pages find the words."""

    field: str
    key: str
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order promises. `minimum_yuan` is the dated monthly minimum there, None if unknown."""

    wage_min: int  # yuan per month, hour or piece
    wage_max: int
    wage_basis: str
    contract_months: int
    insurance: tuple[str, ...]
    minimum_yuan: int | None = None


def check_wage(terms: Terms) -> None:
    """Raises Refusal for a wage that turns round, or that lies below the given minimum."""
    if terms.wage_max < terms.wage_min:
        raise Refusal("最高工资不能低于最低工资")
    low = terms.minimum_yuan
    # 劳动法 第四十八条: not below the local minimum wage.
    if low is not None and terms.wage_basis == "month" and terms.wage_min < low:
        raise Refusal(
            "月工资{wage}元低于当地最低工资标准{minimum}元", wage=terms.wage_min, minimum=low
        )


def check_deposit(text: str) -> None:
    """Raises Refusal where a text asks the worker for money or papers."""
    if found := _DEPOSIT.search(text):
        raise Refusal("“{words}”不能写进订单：用人单位不得收取押金、费用或扣押证件", words=found[0])


def warnings(terms: Terms) -> tuple[Warned, ...]:
    """What is lawful and still worth a second look."""
    found: list[Warned] = []
    if terms.contract_months < QUOTA_MONTHS:
        found.append(
            Warned(
                "contract_months",
                "short_contract",
                {"months": QUOTA_MONTHS},
            )
        )
    if missing := [one for one in INSURANCE if one not in terms.insurance]:
        found.append(
            Warned(
                "insurance",
                "missing_insurance",
                {"count": len(missing)},
            )
        )
    if terms.wage_basis == "month" and terms.minimum_yuan is None:
        found.append(Warned("wage_min", "no_minimum", {}))
    return tuple(found)
