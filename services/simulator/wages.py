"""Minimum wages by county and date. Assumed: the facts name no official figure (facts/orders.md)."""

from datetime import date
from typing import Final

from services.simulator.book import Book
from services.simulator.scales import County, counties

KEY: Final = "minimum_wage_month_yuan"
SOURCE: Final = "模拟数据：假设值，不是公布的最低工资标准"
# Provinces publish about three tiers, most of all for the districts of a city. Which county has
# which is assumed from its kind; the yuan a month of each tier, by how many years before the
# simulated year its tariff began, are assumed too.
TIERS: Final = {"市辖区": 0, "县级市": 1, "省直辖县级市": 1, "县": 2}
ASSUMED_YUAN: Final = {2: (2000, 1800, 1600), 0: (2100, 2000, 1800)}


def minimum_yuan(county: County) -> int:
    """The assumed monthly minimum of `county` today."""
    return ASSUMED_YUAN[0][TIERS[county.kind]]


def draw_minimum_wages(today: date, book: Book) -> None:
    """A row of policy for each date on which the tariff changed."""
    for ago, tiers in ASSUMED_YUAN.items():
        book.note(
            "policy_setting", key=KEY, valid_from=date(today.year - ago, 1, 1),
            value={c.code: tiers[TIERS[c.kind]] for c in counties()}, source=SOURCE, set_by=None,
        )  # fmt: skip
