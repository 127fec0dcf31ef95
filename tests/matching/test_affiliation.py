"""Signs of fake employment: each shows where it should, none where nothing is strange."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.orders.affiliation import Firm, Worker, signs

SOUND = Worker(12, 12, "", date(2027, 12, 31))
FIRM = Firm(staff=50, seats=3, contract_months=(24, 12, 12), workers=(SOUND,) * 6,
            levy_filed_on=date(2027, 6, 1))  # fmt: skip


def keys(firm):
    return [one.key for one in signs(firm)]


def test_an_ordinary_employer_shows_no_sign():
    assert keys(FIRM) == []
    assert keys(Firm()) == []


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"same_address": 2}, "shared_address"),
        ({"same_phone": 1}, "shared_phone"),
        ({"seats": 51}, "more_seats_than_staff"),
        ({"seats": 5, "home_seats": 5}, "all_at_home"),
        ({"contract_months": (12, 12, 12)}, "least_contracts"),
        ({"workers": (replace(SOUND, worked_months=11),)}, "paid_without_work"),
        ({"workers": (replace(SOUND, address="a"),) * 5 + (SOUND,) * 5}, "one_address"),
        ({"workers": (replace(SOUND, contract_ends=date(2027, 6, 30)), SOUND)}, "end_after_levy"),
    ],
)
def test_each_sign_shows_by_itself(changed, key):
    assert keys(replace(FIRM, **changed)) == [key]


@pytest.mark.parametrize(
    "changed",
    [
        {"same_address": 1},
        {"seats": 50},
        {"seats": 4, "home_seats": 4},
        {"seats": 6, "home_seats": 5},
        {"contract_months": (12, 12)},
        {"workers": (replace(SOUND, address="a"),) * 4},
        {"workers": (replace(SOUND, address="a"),) * 5 + (SOUND,) * 6},
        {"workers": (replace(SOUND, contract_ends=date(2027, 7, 3)), SOUND)},
        {"workers": (replace(SOUND, contract_ends=date(2027, 5, 31)), SOUND)},
    ],
)
def test_just_below_its_bound_nothing_shows(changed):
    assert keys(replace(FIRM, **changed)) == []


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 500), st.integers(0, 500))
def test_more_of_what_is_strange_never_takes_a_sign_away(address, phone, staff, seats):
    less = Firm(staff=staff, same_address=address, same_phone=phone, seats=seats)
    more = replace(less, same_address=address + 1, same_phone=phone + 1, seats=seats + 1)
    assert set(keys(less)) <= set(keys(more))
