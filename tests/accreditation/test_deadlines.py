"""Working days with the calendar of 2026, given as values."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.deadlines import Unit, WorkCalendar, due, entry_deadline, months_later
from accreditation.errors import BadValue


def days(first: date, n: int) -> set[date]:
    return {first + timedelta(days=i) for i in range(n)}


OFF = days(date(2026, 1, 1), 3) | days(date(2026, 2, 15), 9) | days(date(2026, 10, 1), 7)
MADE_UP = {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 10, 10)}
CALENDAR = WorkCalendar(frozenset(OFF), frozenset(MADE_UP), {2025, 2026})


def test_spring_festival_is_skipped_and_the_made_up_saturday_counts():
    assert entry_deadline(date(2026, 2, 13), CALENDAR).on == date(2026, 3, 5)


def test_over_the_year_end_both_years_are_counted():
    assert due(date(2025, 12, 30), 2, Unit.WORKING_DAYS, CALENDAR).on == date(2026, 1, 4)


def test_a_year_not_published_is_counted_by_weekdays_and_says_so():
    found = due(date(2026, 12, 31), 1, Unit.WORKING_DAYS, CALENDAR)
    assert (found.on, found.published) == (date(2027, 1, 1), False)


def test_a_month_after_the_31st_is_the_last_day_of_the_month():
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)


def test_a_day_is_not_both_off_and_made_up():
    with pytest.raises(BadValue):
        WorkCalendar(frozenset({date(2026, 1, 1)}), frozenset({date(2026, 1, 1)}), {2026})


@given(st.dates(date(2025, 6, 1), date(2026, 6, 1)), st.integers(1, 60))
def test_exactly_n_working_days_lie_between(start, n):
    last = due(start, n, Unit.WORKING_DAYS, CALENDAR).on
    after = days(start + timedelta(days=1), (last - start).days)
    assert sum(map(CALENDAR.is_working, after)) == n
    assert CALENDAR.is_working(last)
