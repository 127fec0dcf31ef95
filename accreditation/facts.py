"""What is known about a case, an accreditation or a demonstration when a move is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from accreditation.agreement import Sheet
from accreditation.deadlines import Span, WorkCalendar
from accreditation.draw import Assessor
from accreditation.errors import Words

Names = tuple[str | Words, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts that guards look at. None means not known, and what is not known meets no guard.

    Only `today`, `calendar` and `since` are always needed: `since` is the day on
    which the present state, or the decision appealed against, was announced.
    Counts are of things still open or already done, as named; shares are 0 to 1.
    """

    today: date
    calendar: WorkCalendar
    since: date
    added: Span | None = None  # to the clock of the present state, by an extension

    # The application
    kind: str | None = None
    base: str = ""
    base_county: str = ""
    credit_code: str = ""
    documents_missing: Names | None = None
    items_unscored: Names | None = None  # of the self-score
    cooldown_until: date | None = None  # None: there is none

    # Review by the federations
    completeness_checked: bool = False
    missing_listed: Names = ()
    reviewers: frozenset[str] = frozenset()
    vetoes_unchecked: Names | None = None
    premises_looked_at_on: date | None = None
    decided_by: str | None = None  # province or city
    reasons: str = ""
    statements_given: int | None = None  # draft refusals at this stage in this round
    reply: str = ""
    reply_answered: str = ""

    # Assessment
    assessors: tuple[Assessor, ...] = ()
    advisers: frozenset[str] = frozenset()
    recused: frozenset[str] = frozenset()
    recusals_cleared: frozenset[str] = frozenset()
    visit_on: date | None = None
    desk_review: bool = False
    last_visit_on: date | None = None
    sheets: tuple[Sheet, ...] = ()  # locked ones only
    agreed_by: frozenset[str] = frozenset()
    items_without_reason: Names | None = None  # of those changed in moderation

    # Decision
    panel: frozenset[str] = frozenset()
    involved: frozenset[str] = frozenset()  # everyone who took part in the case before
    grade: str | None = None
    minima_unmet: Names | None = None
    vetoes: Mapping[str, frozenset[str]] | None = None  # code -> effects
    findings_open: int | None = None
    correctable: bool = False
    rectifications: int | None = None
    sanction: str | None = None
    findings_without_evidence: Names | None = None
    extensions: int | None = None
    verified_on_site_on: date | None = None
    items_to_rescore: Names | None = None

    # Public notice and appeal
    objector: str = ""
    objection_evidence: int = 0
    objections_open: int | None = None
    objections_upheld: int = 0
    new_facts: str = ""
    answer_published_on: date | None = None
    outcome: str | None = None  # of the case
    appeals: int | None = None  # already made against this decision
    was_scored: bool | None = None

    # The accreditation
    accreditation: str | None = None  # its state
    level: str | None = None
    term_ends: date | None = None
    cause_removed: bool = False
    cause_verified_on: date | None = None
    lift_requested: bool | None = None
    ground: str = ""
    suspension_grounds: Names | None = None
    classes_running: int | None = None  # neither finished nor handed over
    plaque_returned: bool = False
    renewal_open: bool | None = None  # opened in time and not yet closed
    renewal_appeal_until: date | None = None
    renewal_late_by: str | None = None  # base or federation

    # Demonstration
    operation_grades: Names = ()  # the latest first
    shares: Mapping[str, Decimal] = field(default_factory=dict)  # by level-1 section
    accessibility_share: Decimal | None = None  # of A.2 and A.3 together
    operating_since: date | None = None
    demonstrations: int | None = None  # places taken
    rank: int | None = None  # among the candidates, 1 the best
    conditions_lost: Names = ()
