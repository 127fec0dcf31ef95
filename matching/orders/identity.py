"""Citizen numbers (GB 11643-1999) and certificate numbers of people with disabilities.

A known fault of others is to demand that the area existed in the year of birth; the code belongs
to the place of *first registration*, so an unknown area is a warning and never a refusal.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from matching.errors import Refusal

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_CITIZEN: Final = re.compile(r"\d{17}[\dX]")
_CERTIFICATE: Final = re.compile(r"(\d{17}[\dX])[1-7][1-4](B\d)?")
_EARLIEST_YEAR: Final = 1900


@dataclass(frozen=True, slots=True)
class Citizen:
    """A sound citizen number; `area_known` is False where nobody knows the area code any more."""

    number: str
    birth: date
    area: str
    area_known: bool


def citizen(given: str, areas: Collection[str], today: date) -> Citizen:
    """The number in its normal form. Raises Refusal for its length, date or check digit."""
    number = given.strip().upper()
    if not _CITIZEN.fullmatch(number):
        raise Refusal("身份证号应为18位，最后一位可以是X")
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Refusal("身份证号里的出生日期不存在") from None
    if not (birth.year >= _EARLIEST_YEAR and birth <= today):
        raise Refusal("身份证号里的出生日期不存在")
    if number[17] != check_digit(number):
        raise Refusal("身份证号的校验位不对，请核对后重填")
    return Citizen(number, birth, number[:6], number[:6] in areas)


def check_digit(number: str) -> str:
    """The 18th character that belongs to the first 17."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return _CHECKS[total % 11]


def certificate(given: str, areas: Collection[str], today: date) -> Citizen:
    """The citizen number inside a certificate number. Raises Refusal.

    First issue: 20 characters, the last two being category and grade, which are not given back:
    nothing may be concluded from them here. A suffix such as B1 is accepted, not confirmed.
    """
    found = _CERTIFICATE.fullmatch(given.strip().upper())
    if found is None:
        raise Refusal("残疾人证号应为20位：18位身份证号加2位数字")
    return citizen(found[1], areas, today)
