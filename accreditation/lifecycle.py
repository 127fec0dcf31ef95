"""The lives of a case, an accreditation and a demonstration: 准入, 评估考核, 退出.

豫残联〔2022〕33号 二(二)3. The clauses are data/lifecycle.json, each with its source;
this module evaluates them and adds none of its own.
"""

import json
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from accreditation.deadlines import Due, Span, Unit, due, months_later
from accreditation.errors import BadValue, GuardNotMet, IllegalMove, Several, Words
from accreditation.facts import Facts
from accreditation.guards import GUARDS

DATA: Final = Path(__file__).parent / "data" / "lifecycle.json"
Language = Literal["zh", "en"]
Reader = Literal["staff", "base"]


class Machine(StrEnum):
    """A case opens and closes; the accreditation is what the public sees and coverage
    counts; demonstration lies over it."""

    CASE = "case"
    ACCREDITATION = "accreditation"
    DEMONSTRATION = "demonstration"


@dataclass(frozen=True, slots=True)
class Named:
    """A guard or an effect by its name, with its parameters."""

    name: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Clause:
    """One transition as the data states it. `outcome` is by kind of case, or under "any".

    `on_term` is true where the clock is the term of the accreditation, not the state.
    """

    machine: Machine
    sources: tuple[str, ...]
    event: str
    target: str
    actors: frozenset[str]
    guards: tuple[Named, ...]
    within: Span | None
    timer: bool
    on_term: bool
    outcome: Mapping[str, str]
    effects: tuple[Named, ...]
    source: str
    basis: str

    def due(self, facts: Facts) -> Due | None:
        """The last day for this step, or for a timer the last day before it fires."""
        if self.on_term:
            return None if facts.term_ends is None else Due(facts.term_ends, published=True)
        if self.within is None:
            return None
        first = due(facts.since, self.within.n, self.within.unit, facts.calendar)
        if facts.added is None:
            return first
        later = due(first.on, facts.added.n, facts.added.unit, facts.calendar)
        return Due(later.on, published=first.published and later.published)


class Lawful(NamedTuple):
    """A row of the table of lawful moves, which the database holds too."""

    machine: Machine
    source: str
    event: str
    target: str


@dataclass(frozen=True, slots=True)
class Move:
    """A step that may be taken, with what it brings about.

    `outcome` is what closes the case or ends the accreditation. A step from a state
    to itself does not restart the clock.
    """

    machine: Machine
    source: str
    event: str
    target: str
    outcome: str | None
    effects: tuple[Named, ...]

    @property
    def restarts_clock(self) -> bool:
        """Whether the time in the new state is counted from this step."""
        return self.source != self.target


@dataclass(frozen=True, slots=True)
class Unmet:
    """Something a step asks for that is not there yet. `guard` is "timer" where time is not over."""

    guard: str
    texts: Mapping[str, str]

    def said(self, language: Language = "zh") -> str:
        """Why not, in plain words, for whoever wants to take the step."""
        return self.texts[language]


class Reasons(tuple[Unmet, ...]):
    """Everything that stands in the way; written out, it is Chinese."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.said()

    def said(self, language: Language = "zh") -> str:
        """All of it as one line."""
        return {"zh": "；", "en": "; "}[language].join(one.said(language) for one in self)


@dataclass(frozen=True, slots=True)
class Option:
    """A step someone's role can take from here, and what is still in its way, if anything."""

    event: str
    target: str
    due: Due | None
    unmet: Reasons


def move(machine: Machine, state: str, event: str, facts: Facts, actor_role: str) -> Move:
    """The move that `event` makes from `state`.

    Raises IllegalMove if there is none or `actor_role` does not take it, GuardNotMet
    with every unmet guard (`values["reasons"]`, a Reasons) if it can't be taken yet.
    """
    clause = _clauses(machine).get((state, event))
    if clause is None:
        raise IllegalMove(
            "现在的状态是“{state}”，不能“{event}”",
            state=state_words(machine, state),
            event=words("events", event),
        )
    if not _may(clause, actor_role):
        raise IllegalMove(
            "“{event}”由{actors}办理",
            event=words("events", event),
            actors=Several(words("roles", role) for role in sorted(clause.actors)),
        )
    if reasons := unmet(clause, facts):
        raise GuardNotMet(
            "还不能“{event}”：{reasons}", event=words("events", event), reasons=reasons
        )
    outcome = clause.outcome.get(facts.kind or "", clause.outcome.get("any"))
    effects = tuple(
        one for one in clause.effects if facts.kind in one.given.get("kinds", [facts.kind])
    )
    return Move(machine, state, event, clause.target, outcome, effects)


def available(machine: Machine, state: str, facts: Facts, role: str) -> tuple[Option, ...]:
    """The steps `role` has from `state`, in the data's order; those that can be taken have
    nothing unmet, the others say why."""
    return tuple(
        Option(clause.event, clause.target, clause.due(facts), unmet(clause, facts))
        for (source, _), clause in _clauses(machine).items()
        if source == state and _may(clause, role)
    )


def unmet(clause: Clause, facts: Facts) -> Reasons:
    """What the clause asks for and the facts do not give: every guard, then the timer."""
    found = [
        Unmet(one.name, _why(one, facts))
        for one in clause.guards
        if not GUARDS[one.name](facts, one.given)
    ]
    if clause.timer:
        last = clause.due(facts)
        if last is None or not last.passed(facts.today):
            found.append(Unmet("timer", _not_yet(last)))
    return Reasons(found)


def clause(machine: Machine, state: str, event: str) -> Clause:
    """The clause by which `event` leaves `state`. Raises KeyError."""
    return _clauses(machine)[state, event]


def clauses(machine: Machine) -> tuple[Clause, ...]:
    """Every clause of the machine once, in the data's order."""
    return tuple(_read_clauses(machine))


def moves() -> tuple[Lawful, ...]:
    """Every lawful move of the three machines, in the data's order."""
    return tuple(
        Lawful(machine, state, event, clause.target)
        for machine in Machine
        for (state, event), clause in _clauses(machine).items()
    )


def initial(machine: Machine, kind: str = "any") -> str:
    """The state a machine starts in; for a case, by its kind."""
    starts: Mapping[str, str] = load()["machines"][machine]["initial"]
    return starts[kind]


def states(machine: Machine) -> tuple[str, ...]:
    """The machine's states, in the order of a life."""
    return tuple(load()["machines"][machine]["states"])


def state_name(
    machine: Machine, state: str, reader: Reader = "staff", language: Language = "zh"
) -> str:
    """The state in the reader's words: a base is told what to do, staff where the case is."""
    return state_words(machine, state, reader).said(language)


def state_words(machine: Machine, state: str, reader: Reader = "staff") -> Words:
    """The state in the reader's words, in both languages."""
    names = load()["machines"][machine]["states"][state]
    return Words(**names.get(reader, names["staff"]))


def label(of: str, key: str, language: Language = "zh") -> str:
    """The words for a role, kind, event, outcome or document; the key itself where there are none."""
    return words(of, key).said(language)


def words(of: str, key: str) -> Words:
    """The words for a role, kind, event, outcome or document, in both languages."""
    named = load()[of].get(key)
    return Words(**named) if named else Words(key, key)


def decided_by(base_level: str) -> str:
    """Who decides on bases of this level: "province" unless the data sets it otherwise."""
    setting = load()["decided_by"]
    return str(setting["by_base_level"].get(base_level, setting["default"]))


def review_opens_on(kind: str, last_review: date, term_ends: date) -> date | None:
    """The day a review of `kind` opens by itself; None for a spot check, which needs a cause."""
    opens = load()["opens"][kind]
    if "every" in opens:
        return months_later(last_review, opens["every"]["n"])
    if "before_term_ends" in opens:
        return months_later(term_ends, -opens["before_term_ends"]["n"])
    return None


def cooldown_until(ended: date, outcome: str, *, source: str = "", ground: str = "") -> date:
    """The first day a base may apply again after a case or accreditation ended.

    `source` is the accreditation's state it left from, `ground` that of a pending or
    final revocation ("fraud" waits longest). No wait is listed for other outcomes.
    """
    waits = load()["cooldown"]
    key = "withdrawn_while_active" if source == "active" else "withdrawn_while_not_active"
    if outcome != "withdrawn":
        key = outcome
    elif not source:  # an application withdrawn: nothing was accredited
        key = ""
    if outcome == "revoked" or waits.get(key) == "pending_ground":
        key = "revoked_for_fraud" if ground == "fraud" else "revoked"
    return months_later(ended, waits[key]["n"]) if key in waits else ended


@cache
def load() -> Mapping[str, Any]:
    """The lifecycle as data. Raises BadValue for a guard that no function stands for."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    if strangers := data["guards"].keys() ^ GUARDS.keys():
        raise BadValue("生命周期数据与程序的条件不一致：{names}", names="、".join(strangers))
    return MappingProxyType(data)


@cache
def _clauses(machine: Machine) -> Mapping[tuple[str, str], Clause]:
    return {(state, one.event): one for one in _read_clauses(machine) for state in one.sources}


def _read_clauses(machine: Machine) -> Iterator[Clause]:
    for row in load()["machines"][machine]["transitions"]:
        within = row.get("within")
        yield Clause(
            machine=machine,
            sources=tuple(row["from"]),
            event=row["event"],
            target=row["to"],
            actors=frozenset(row["actors"]),
            guards=_named(row["guards"], "guard"),
            within=within and Span(within["n"], Unit(within["unit"])),
            timer=row["timer"],
            on_term=row.get("clock") == "term",
            outcome=row.get("outcome", {}),
            effects=_named(row["effects"], "effect"),
            source=row["source"],
            basis=row["basis"],
        )


def _named(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[Named, ...]:
    return tuple(
        Named(row[key], {name: value for name, value in row.items() if name != key}) for row in rows
    )


def _may(clause: Clause, role: str) -> bool:
    return role in clause.actors or "anyone" in clause.actors


def _why(guard: Named, facts: Facts) -> Mapping[str, str]:
    """A guard's words for those who do not meet it, its places filled in each language from its
    parameters and the facts."""
    return {
        language: text.format_map(
            {
                place: _shown(guard.given.get(place, getattr(facts, place, None)), language)
                for _, place, _, _ in string.Formatter().parse(text)
                if place
            }
        )
        for language, text in load()["guards"][guard.name]["unmet"].items()
    }


def _shown(value: object, language: Language) -> str:
    units = load()["units"]
    match value:
        case None:
            return {"zh": "（未知）", "en": "(not known)"}[language]
        case str() if value in units:
            return str(units[value][language])
        case tuple() | dict():
            between, nothing = {"zh": ("、", "无"), "en": (", ", "none")}[language]
            named = (
                one if isinstance(one, Words) else words("documents", str(one)) for one in value
            )
            return between.join(one.said(language) for one in named) or nothing
        case _:
            return str(value)


def _not_yet(last: Due | None) -> Mapping[str, str]:
    if last is None:
        return {"zh": "还没有期限", "en": "No time is set yet"}
    return {
        "zh": f"期限未到，最后一天是{last.on}",
        "en": f"Not before the time is over, on {last.on}",
    }
