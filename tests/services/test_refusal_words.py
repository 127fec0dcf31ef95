"""A refusal is told in the reader's language to the last word: states, steps and roles too."""

import itertools
import re

import pytest

from accreditation import lifecycle
from accreditation.deadlines import WorkCalendar
from accreditation.errors import IllegalMove, Refusal, Several, Words
from accreditation.facts import Facts
from accreditation.lifecycle import Machine
from matching.orders import states
from services import i18n
from services.access import ROLES
from services.i18n import Message, _, translate_refusal
from services.web.candidates import OFFER_STATES
from services.web.orders import STATES
from tests.conftest import NOW

CALENDAR = WorkCalendar(frozenset(), frozenset(), range(2020, 2031))
FACTS = Facts(today=NOW.date(), since=NOW.date(), calendar=CALENDAR, kind="admission")
HAN = re.compile("[\u3400-\u9fff]")
NAMED = {
    **{
        f"{machine} {state} {reader}": lifecycle.state_words(machine, state, reader)
        for machine in Machine
        for state in lifecycle.states(machine)
        for reader in ("staff", "base")
    },
    **{
        f"{of} {key}": lifecycle.words(of, key)
        for of in ("roles", "kinds", "events", "outcomes", "units")
        for key in lifecycle.load()[of]
    },
    **{f"role {role.key}": role.zh for role in ROLES.values()},
    **{f"order {key}": text for key, text in STATES.items()},
    **{f"offer {key}": text for key, text in OFFER_STATES.items()},
}


@pytest.mark.parametrize("name", NAMED)
def test_an_english_refusal_holds_no_chinese_name(name):
    value = NAMED[name]
    refusal = IllegalMove("现在的状态是“{state}”，不能“{event}”", state=value, event=value)
    assert HAN.search(str(refusal))
    with i18n.using("en"):
        said = translate_refusal(refusal)
    assert not HAN.search(said), said


def test_every_state_of_an_order_has_a_name():
    named = {state for source, _event, target in states.MOVES for state in (source, target)}
    assert named <= STATES.keys()


def told(machine, state, event, role):
    """What is said in English of a step that can't be taken: alone, and beside a form's field."""
    try:
        lifecycle.move(machine, state, event, FACTS, role)
    except Refusal as refusal:
        with i18n.using("en"):
            return translate_refusal(refusal), str(Message(refusal.text, **refusal.values))
    return ()


def every_step():
    """Every machine, state and event: what there is to refuse."""
    for machine in Machine:
        events = sorted({clause.event for clause in lifecycle.clauses(machine)})
        yield from itertools.product([machine], lifecycle.states(machine), events)


def test_every_step_that_is_refused_is_refused_in_english_too():
    said = [words for step in every_step() for words in told(*step, "stranger")]
    assert len(said) > 500
    assert [words for words in said if HAN.search(words)] == []


def test_what_is_in_the_way_is_told_in_english_too():
    said = [
        words
        for machine in Machine
        for clause in lifecycle.clauses(machine)
        for words in told(machine, clause.sources[0], clause.event, min(clause.actors))
    ]
    assert len(said) > 50
    assert [words for words in said if HAN.search(words)] == []


def test_names_that_stand_in_a_row_are_joined_as_the_language_does():
    two = Several((Words("县级残联", "the county"), Words("省残联", "the province")))
    assert _("“{event}”由{actors}办理", event="受理", actors=two) == "“受理”由县级残联、省残联办理"
    with i18n.using("en"):
        assert _("“{event}”由{actors}办理", event="x", actors=two).endswith(
            "the county, the province"
        )


def test_without_asking_the_value_its_name_stays_chinese(monkeypatch):
    """Takes the guard away."""
    monkeypatch.setattr(i18n, "_told", lambda value: value)
    said = [words for step in every_step() for words in told(*step, "stranger")]
    assert any(HAN.search(words) for words in said)
