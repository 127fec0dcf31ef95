"""The rules around an order, without a database."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from matching.errors import IllegalMove, Refusal
from matching.orders import identity, offers, states, terms, text

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def numbered(area="999999", birth="19800101", serial="123"):
    """A citizen number of an area that is not assigned."""
    first = area + birth + serial
    return first + identity.check_digit(first)


# States


@pytest.mark.parametrize(
    ("source", "event"),
    [
        pair
        for pair in itertools.product(
            ("draft", "submitted", "returned", "open", "closed", "cancelled"),
            ("submit", "return", "open", "close", "cancel"),
        )
        if pair not in {(s, e) for s, e, _ in states.MOVES}
    ],
)
def test_a_move_that_is_not_in_the_table_is_refused(source, event):
    with pytest.raises(IllegalMove):
        states.move(source, event, "理由")


@pytest.mark.parametrize(("source", "event", "target"), sorted(states.MOVES))
def test_a_lawful_move_leads_where_the_table_says(source, event, target):
    assert states.move(source, event, "理由") == target


@pytest.mark.parametrize("source", ["submitted", "open"])
def test_giving_back_or_up_needs_a_reason(source):
    with pytest.raises(Refusal, match="理由"):
        states.move(source, "cancel", "  ")


def test_only_a_draft_or_a_returned_order_is_edited():
    for state in ("draft", "returned"):
        states.check_editable(state)
    for state in ("submitted", "open", "closed", "cancelled"):
        with pytest.raises(IllegalMove):
            states.check_editable(state)


# Terms


def promised(**changes):
    told = {
        "wage_min": 3000,
        "wage_max": 3500,
        "wage_basis": "month",
        "contract_months": 12,
        "insurance": terms.INSURANCE,
        "minimum_yuan": 2000,
    }
    return terms.Terms(**(told | changes))


def test_fair_terms_pass_without_a_word():
    terms.check_wage(promised())
    assert terms.warnings(promised()) == ()


@pytest.mark.parametrize("changes", [{"wage_max": 2999}, {"wage_min": 1999}])
def test_a_wage_below_the_given_minimum_or_turned_round_is_refused(changes):
    with pytest.raises(Refusal):
        terms.check_wage(promised(**changes))


def test_an_hourly_wage_is_not_compared_with_a_month():
    terms.check_wage(promised(wage_min=20, wage_max=25, wage_basis="hour"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"contract_months": 11}, "contract_months"),
        ({"insurance": ("工伤",)}, "insurance"),
        ({"minimum_yuan": None}, "wage_min"),
    ],
)
def test_what_costs_the_employer_the_quota_is_said(changes, field):
    assert [one.field for one in terms.warnings(promised(**changes))] == [field]


@pytest.mark.parametrize("words", ["入职交押金200元", "扣押身份证", "收取服装费", "缴保证金"])
def test_no_deposit_and_no_papers(words):
    with pytest.raises(Refusal, match="不得"):
        terms.check_deposit(words)


def test_an_ordinary_text_asks_for_no_money():
    terms.check_deposit("包吃住，五险，服装免费")


# Text


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("肢体残疾优先", "category"),
        ("上肢及右下肢残疾者不能被录用", "category"),
        ("不招聋哑人", "category"),
        ("三级以上残疾", "grade"),
        ("限女性", "sex"),
        ("男工两名", "sex"),
        ("身高1.55米以上", "height"),
        ("160cm以上", "height"),
        ("形象气质佳", "looks"),
        ("40周岁以下", "age"),
        ("年龄不限", "age"),
    ],
)
def test_a_limit_on_the_person_becomes_a_question_about_the_job(words, kind):
    assert kind in {one.kind for one in text.limits(words)}
    with pytest.raises(text.AsksAboutPerson, match="哪一部分工作"):
        text.check(words)


@pytest.mark.parametrize(
    "words",
    [
        "盲人按摩师",
        "电动缝纫工",
        "脚踏板控制启停",
        "中级工（四级）",
        "货架高1.8米",
        "搬运20公斤",
        "",
    ],
)
def test_a_text_about_the_work_passes(words):
    text.check(words)


# Identity numbers


def test_a_sound_number_of_an_unknown_area_is_a_warning_only():
    found = identity.citizen(numbered(), {"410102"}, TODAY)
    assert found.birth == date(1980, 1, 1)
    assert not found.area_known
    assert identity.citizen(numbered(area="410102"), {"410102"}, TODAY).area_known


@pytest.mark.parametrize(
    "number",
    [
        "1" * 17,
        numbered()[:-1] + ("0" if numbered()[-1] != "0" else "1"),
        numbered(birth="19800231"),
        numbered(birth="20300101"),
        numbered(birth="18000101"),
    ],
)
def test_length_date_and_check_digit_are_hard(number):
    with pytest.raises(Refusal):
        identity.citizen(number, set(), TODAY)


@pytest.mark.parametrize("serial", [f"{n:03d}" for n in range(40)])
def test_one_wrong_digit_is_always_seen(serial):
    number = numbered(serial=serial)
    for at in range(6):
        wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        with pytest.raises(Refusal):
            identity.citizen(wrong, set(), TODAY)


@pytest.mark.parametrize("ending", ["11", "74", "43B1"])
def test_a_certificate_gives_the_citizen_number_and_nothing_more(ending):
    found = identity.certificate(numbered() + ending, set(), TODAY)
    assert found.number == numbered()


@pytest.mark.parametrize("ending", ["", "1", "81", "15", "11B", "11C1"])
def test_a_certificate_of_another_form_is_refused(ending):
    with pytest.raises(Refusal, match="20位"):
        identity.certificate(numbered() + ending, set(), TODAY)


# Offers


@pytest.mark.parametrize(("state", "event", "target"), sorted(offers.MOVES))
def test_an_offer_moves_as_its_table_says(state, event, target):
    until = NOW + timedelta(days=1)
    assert offers.move(state, event, now=NOW, until=until, reason="接线做不到") == target


@pytest.mark.parametrize("state", ["declined", "lapsed", "withdrawn", "not_hired", "hired"])
@pytest.mark.parametrize("event", ["accept", "decline", "lapse", "hire"])
def test_what_is_over_is_over(state, event):
    with pytest.raises(Refusal):
        offers.move(state, event, now=NOW, until=NOW + timedelta(days=1))


def test_declining_asks_no_reason_and_accepting_no_more_than_time():
    assert offers.move("reserved", "decline", now=NOW, until=NOW) == "declined"
    with pytest.raises(Refusal, match="保留时间已过"):
        offers.move("reserved", "accept", now=NOW, until=NOW)


def test_not_hiring_needs_a_reason():
    with pytest.raises(Refusal, match="哪一部分工作"):
        offers.move("accepted", "not_hire", now=NOW, until=NOW)


def test_a_seat_is_freed_exactly_when_it_was_held_and_is_not_any_more():
    freeing = {(s, t) for s, _, t in offers.MOVES if offers.frees_seat(s, t)}
    assert {target for _, target in freeing} == {"declined", "lapsed", "withdrawn", "not_hired"}
