"""Signs of fake employment (挂靠): people on the payroll for the quota who do no work.

残疾人就业条例 第二十七条 calls it 虚报; which signs there are, nobody wrote down: the list and its
bounds are ours. A sign decides nothing: it asks the county to look, and the employer can explain.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

NEIGHBOURS: Final = 2  # other employers at one address
HOME_SEATS: Final = 5
SAME_CONTRACTS: Final = 3  # orders, every one for exactly the least months that count
COUNTED_MONTHS: Final = 12  # 残疾人就业申报审核办法 art. 6: 劳动合同一年以上
ONE_ADDRESS: Final = 5  # workers at one address, and at least half of all
AFTER_LEVY_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Worker:
    """One person under contract, without a name."""

    paid_months: int
    worked_months: int  # with attendance or delivered work
    address: str  # a key of the address, "" for unknown
    contract_ends: date | None = None


@dataclass(frozen=True, slots=True)
class Firm:
    """What is known of an employer; zeros for what nobody knows."""

    staff: int = 0
    same_address: int = 0  # other employers there
    same_phone: int = 0  # other employers with the same contact phone
    seats: int = 0  # in orders that run
    home_seats: int = 0  # of them at home
    contract_months: Sequence[int] = ()  # of its orders
    workers: Sequence[Worker] = ()
    levy_filed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """Something the county should look at: `key` names what, pages find the words."""

    key: str
    values: Mapping[str, int] = field(default_factory=dict)


def signs(firm: Firm) -> tuple[Sign, ...]:
    """Every sign that shows, with its figures."""
    return (*_of_firm(firm), *_of_workers(firm))


def _of_firm(firm: Firm) -> list[Sign]:
    found: list[Sign] = []
    if firm.same_address >= NEIGHBOURS:
        found.append(Sign("shared_address", {"count": firm.same_address}))
    if firm.same_phone:
        found.append(Sign("shared_phone", {"count": firm.same_phone}))
    if firm.staff and firm.seats > firm.staff:
        found.append(Sign("more_seats_than_staff", {"seats": firm.seats, "staff": firm.staff}))
    if firm.home_seats >= HOME_SEATS and firm.home_seats == firm.seats:
        found.append(Sign("all_at_home", {"seats": firm.home_seats}))
    months = firm.contract_months
    if len(months) >= SAME_CONTRACTS and set(months) == {COUNTED_MONTHS}:
        found.append(Sign("least_contracts", {"count": len(months), "months": COUNTED_MONTHS}))
    return found


def _of_workers(firm: Firm) -> list[Sign]:
    workers, found = firm.workers, list[Sign]()
    if idle := sum(one.paid_months > one.worked_months for one in workers):
        found.append(Sign("paid_without_work", {"count": idle}))
    places = Counter(one.address for one in workers if one.address)
    most = max(places.values(), default=0)
    if most >= ONE_ADDRESS and most * 2 >= len(workers):
        found.append(Sign("one_address", {"count": most}))
    filed = firm.levy_filed_on
    if filed is not None:
        last = filed + timedelta(days=AFTER_LEVY_DAYS)
        ending = sum(
            one.contract_ends is not None and filed <= one.contract_ends <= last for one in workers
        )
        if ending and ending * 2 >= len(workers):
            found.append(Sign("end_after_levy", {"count": ending}))
    return found
