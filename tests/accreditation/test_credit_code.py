"""Credit codes and plaque numbers; every code here is made, none is copied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation import credit_code, plaque
from accreditation.credit_code import ALPHABET, check_sign
from accreditation.errors import BadValue

BODY = st.builds(
    "".join, st.tuples(st.sampled_from("159N"), st.text(ALPHABET, min_size=16, max_size=16))
)


def made(start: str) -> str:
    body = start + "990000" + "MA0000000"[: 17 - len(start) - 6]
    return body + check_sign(body)


def test_a_village_collectives_code_is_taken():
    found = credit_code.read(made("N2"))
    assert (found.kind, found.area) == ("村级集体经济组织", "990000")


def test_the_kind_of_body_comes_from_the_first_two_positions():
    assert [credit_code.read(made(s)).kind for s in ("91", "52", "12", "Y1")] == [
        "企业",
        "民办非企业单位",
        "事业单位",
        "其他",
    ]


@given(BODY, st.integers(1, 17), st.sampled_from(ALPHABET))
def test_one_mistyped_sign_is_noticed(body, at, sign):
    code = body + check_sign(body)
    assert credit_code.is_valid(code.lower() + " ")
    assert credit_code.is_valid(code[:at] + sign + code[at + 1 :]) == (sign == code[at])


@pytest.mark.parametrize("written", ["", "1", "I" * 18, "0" * 18])
def test_what_is_no_code_is_refused(written):
    with pytest.raises(BadValue):
        credit_code.read(written)


@given(
    st.integers(0, 999_999), st.integers(2000, 2100), st.integers(1, 9999), st.integers(0, 14),
    st.sampled_from("0123456789"),
)  # fmt: skip
def test_a_plaque_number_reads_back_and_one_wrong_digit_is_noticed(county, year, serial, at, digit):
    number = str(plaque.Plaque(f"{county:06}", year, serial))
    assert str(plaque.read(number.lower())) == number
    place = [i for i, sign in enumerate(number[:-2]) if sign.isdigit()][at % 14]
    if number[place] != digit:
        with pytest.raises(BadValue):
            plaque.read(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize(
    ("county", "year", "serial"), [("41", 2026, 1), ("410102", 26, 1), ("410102", 2026, 0)]
)
def test_a_plaque_that_cannot_be_is_refused(county, year, serial):
    with pytest.raises(BadValue):
        plaque.Plaque(county, year, serial)
    with pytest.raises(BadValue):
        plaque.read("YP-1")
