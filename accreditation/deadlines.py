"""Deadlines, counted in working days, calendar days or months, all of them in Asia/Shanghai."""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from accreditation.errors import BadValue


class Unit(StrEnum):
    """What a span of time is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Span:
    """`n` working days, calendar days or months."""

    n: int
    unit: Unit


# 豫残联〔2022〕33号 三(四)：培训结束后，原则上10个工作日内录入
ENTRY: Final = Span(10, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The legal calendar: 法定节假日, 调休上班, and the years for which both are published.

    Raises BadValue if a day is both off and made up.
    """

    days_off: frozenset[date]
    days_made_up: frozenset[date]
    known_years: Collection[int]

    def __post_init__(self) -> None:
        if both := self.days_off & self.days_made_up:
            raise BadValue("{day}不能既是放假日又是调休上班日", day=min(both))

    def is_working(self, day: date) -> bool:
        """Whether people work on `day`; in a year not yet published, whether it is a weekday."""
        return day in self.days_made_up or (day.weekday() < 5 and day not in self.days_off)


@dataclass(frozen=True, slots=True)
class Due:
    """The last day in time. `published` is False if it rests on a year whose holidays are not
    published yet: the day may still move, and whoever shows it says so."""

    on: date
    published: bool

    def passed(self, today: date) -> bool:
        """Whether the time is over: the last day itself is still in time."""
        return today > self.on


def due(start: date, n: int, unit: Unit, calendar: WorkCalendar) -> Due:
    """The last day of `n` units after `start`, which itself does not count.

    A month later is the same day of the month, or the month's last day where
    there is none (31 January -> 28 February). Calendar days and months end on the
    day they end on, working or not (our default). Raises BadValue if `n` is negative.
    """
    if n < 0:
        raise BadValue("期限不能是负数：{n}", n=n)
    match unit:
        case Unit.CALENDAR_DAYS:
            return Due(start + timedelta(days=n), published=True)
        case Unit.MONTHS:
            return Due(months_later(start, n), published=True)
        case Unit.WORKING_DAYS:
            return _working_days_later(start, n, calendar)


def entry_deadline(ended: date, calendar: WorkCalendar) -> Due:
    """The last day on which the records of a class that ended on `ended` are entered in time.

    豫残联〔2022〕33号 三(四) says 原则上: late entry is reminded of and counted, never refused.
    """
    return due(ended, ENTRY.n, ENTRY.unit, calendar)


def months_later(start: date, months: int) -> date:
    """The same day `months` later (earlier if negative), or the last day of that month."""
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month0 + 1, min(start.day, monthrange(year, month0 + 1)[1]))


def _working_days_later(start: date, n: int, calendar: WorkCalendar) -> Due:
    day, left = start, n
    while left:
        day += timedelta(days=1)
        left -= calendar.is_working(day)
    counted = range((start + timedelta(days=1)).year, day.year + 1) if n else ()
    return Due(day, published=all(year in calendar.known_years for year in counted))
