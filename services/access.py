"""Who may do what, and where: roles, their permissions, and the actor of one request.

A permission holds inside the areas, bases, employers or people that a grant names. Actions call
`Actor.require`; row-level security is the floor under it (sql/migrations).
"""

from collections.abc import Mapping, Set
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from types import EllipsisType
from typing import Final

from accreditation.errors import Refusal
from services.i18n import N_


class Denied(Refusal):
    """The asker is known but may not do this here."""


class SignInNeeded(Refusal):
    """Nobody is signed in."""


class Permission(StrEnum):
    """<thing>:<act>, in alphabetical order."""

    AUDIT_READ = "audit:read"
    BASE_APPLY = "base:apply"
    BASE_READ = "base:read"
    CASE_ASSESS = "case:assess"
    CASE_DECIDE = "case:decide"
    CASE_MODERATE = "case:moderate"
    CASE_READ = "case:read"
    CASE_REVIEW = "case:review"
    CASE_SCHEDULE = "case:schedule"
    COVERAGE_READ = "coverage:read"
    DEMONSTRATION_DECIDE = "demonstration:decide"
    FAIRNESS_READ = "fairness:read"
    GRANT_WRITE = "grant:write"
    MATCH_CONFIRM = "match:confirm"
    MATCH_RUN = "match:run"
    OBJECTION_REVIEW = "objection:review"
    OFFER_ANSWER = "offer:answer"
    OPENING_READ = "opening:read"
    ORDER_CHECK = "order:check"
    ORDER_PREVIEW = "order:preview"
    ORDER_READ = "order:read"
    ORDER_WRITE = "order:write"
    PERSON_ERASE = "person:erase"
    PERSON_READ = "person:read"
    PERSON_REVEAL = "person:reveal"
    PERSON_WRITE = "person:write"
    QUALITY_READ = "quality:read"
    RUBRIC_WRITE = "rubric:write"
    SETTING_WRITE = "setting:write"
    STAFF_HOME = "staff:home"
    USER_WRITE = "user:write"


class Scope(StrEnum):
    """What a grant of a role names."""

    AREA = "area"
    EMPLOYER = "employer"
    BASE = "base"
    PERSON = "person"
    CASE = "case"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Role:
    key: str
    zh: str  # gettext msgid
    scope: Scope
    needs_totp: bool  # GB/T 22239 level 3: staff sign in with a second factor
    may: frozenset[Permission] = field(default_factory=frozenset)


_P = Permission
_STAFF = frozenset(
    {_P.STAFF_HOME, _P.COVERAGE_READ, _P.BASE_READ, _P.CASE_READ, _P.ORDER_READ, _P.PERSON_READ}
)


def _role(key: str, zh: str, scope: Scope, *may: Permission, totp: bool = True) -> Role:
    return Role(key, zh, scope, totp, frozenset(may))


ROLES: Final[Mapping[str, Role]] = {
    role.key: role
    for role in (
        _role(
            "job_seeker",
            N_("求职者"),
            Scope.PERSON,
            _P.OPENING_READ,
            _P.OFFER_ANSWER,
            _P.PERSON_WRITE,
            _P.PERSON_ERASE,
            totp=False,
        ),
        _role(
            "helper",
            N_("协助人"),
            Scope.PERSON,
            _P.OPENING_READ,
            _P.OFFER_ANSWER,
            _P.PERSON_WRITE,
            totp=False,
        ),
        _role(
            "employer",
            N_("用人单位"),
            Scope.EMPLOYER,
            _P.ORDER_WRITE,
            _P.ORDER_READ,
            _P.ORDER_PREVIEW,
            totp=False,
        ),
        _role("base_manager", N_("基地"), Scope.BASE, _P.BASE_APPLY, _P.CASE_READ, totp=False),
        _role("teacher", N_("教师"), Scope.BASE, _P.CASE_READ, totp=False),
        _role("assessor", N_("评估员"), Scope.CASE, _P.CASE_ASSESS, _P.CASE_READ),
        _role(
            "assessment_office",
            N_("评估办公室"),
            Scope.AREA,
            _P.CASE_SCHEDULE,
            _P.CASE_READ,
            _P.BASE_READ,
            _P.STAFF_HOME,
            _P.COVERAGE_READ,
            _P.QUALITY_READ,
        ),
        _role("moderator", N_("复核人"), Scope.CASE, _P.CASE_MODERATE, _P.CASE_READ),
        _role("panel_member", N_("评审组成员"), Scope.CASE, _P.CASE_DECIDE, _P.CASE_READ),
        _role("review_group", N_("异议复核组"), Scope.CASE, _P.OBJECTION_REVIEW, _P.CASE_READ),
        _role("appeal_member", N_("申诉复审人员"), Scope.CASE, _P.CASE_DECIDE, _P.CASE_READ),
        Role(
            "county_staff",
            N_("县级残联"),
            Scope.AREA,
            needs_totp=True,
            may=_STAFF
            | {
                _P.CASE_REVIEW,
                _P.ORDER_CHECK,
                _P.ORDER_PREVIEW,
                _P.PERSON_ERASE,
                _P.PERSON_REVEAL,
                _P.PERSON_WRITE,
            },
        ),
        Role(
            "city_staff",
            N_("市级残联"),
            Scope.AREA,
            needs_totp=True,
            may=_STAFF | {_P.CASE_REVIEW, _P.ORDER_CHECK, _P.ORDER_PREVIEW, _P.RUBRIC_WRITE},
        ),
        Role(
            "province_staff",
            N_("省残联"),
            Scope.AREA,
            needs_totp=True,
            may=_STAFF
            | {
                _P.CASE_REVIEW,
                _P.MATCH_RUN,
                _P.MATCH_CONFIRM,
                _P.ORDER_PREVIEW,
                _P.SETTING_WRITE,
                _P.DEMONSTRATION_DECIDE,
                _P.FAIRNESS_READ,
                _P.QUALITY_READ,
                _P.RUBRIC_WRITE,
            },
        ),
        _role(
            "third_party_evaluator",
            N_("第三方评估机构"),
            Scope.AREA,
            _P.COVERAGE_READ,
            _P.BASE_READ,
        ),
        _role("system_administrator", N_("系统管理员"), Scope.SYSTEM, _P.USER_WRITE),
        _role("security_administrator", N_("安全管理员"), Scope.SYSTEM, _P.GRANT_WRITE),
        _role("auditor", N_("审计管理员"), Scope.SYSTEM, _P.AUDIT_READ, _P.FAIRNESS_READ),
    )
}
SYSTEM_ROLE: Final = "system"  # the program itself, in jobs; no user can be granted it
EXCLUSIVE: Final = frozenset({"system_administrator", "security_administrator", "auditor"})


@dataclass(frozen=True, slots=True)
class Grant:
    role: str
    area: str | None = None  # division code; holds for everything below it
    employer: int | None = None
    base: int | None = None
    person: int | None = None
    below: frozenset[str] = field(default_factory=frozenset)  # the divisions in `area`, itself too

    def covers(self, named: Mapping[Scope, object]) -> bool:
        """Whether this grant holds for everything that is named; for nothing named it does.

        A grant answers for what its role's scope names and for nothing else: a county is answered
        for by the area of this very grant, never by an employer's, a base's or another grant's.
        """
        mine: Mapping[Scope, Set[object]] = {
            Scope.AREA: self.below,
            Scope.EMPLOYER: {self.employer} - {None},
            Scope.BASE: {self.base} - {None},
            Scope.PERSON: {self.person} - {None},
        }
        scope = ROLES[self.role].scope
        return all(scope is what and key in mine[what] for what, key in named.items())


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `user` is None for the public; the program itself is SYSTEM."""

    user: int | None
    grants: tuple[Grant, ...] = ()
    _: KW_ONLY
    request_id: str = "-"
    name: str = ""
    simulated: bool = False

    @property
    def below(self) -> frozenset[str]:
        """Every division in the areas of any grant, themselves too."""
        return frozenset().union(*(grant.below for grant in self.grants))

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(grant.role for grant in self.grants))

    @property
    def areas(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(g.area for g in self.grants if g.area))

    @property
    def employers(self) -> tuple[int, ...]:
        return tuple(g.employer for g in self.grants if g.employer is not None)

    @property
    def bases(self) -> tuple[int, ...]:
        return tuple(g.base for g in self.grants if g.base is not None)

    @property
    def persons(self) -> tuple[int, ...]:
        return tuple(g.person for g in self.grants if g.person is not None)

    def may(self, permission: Permission) -> bool:
        """Whether any grant gives `permission` anywhere."""
        return any(permission in ROLES[role].may for role in self.roles if role in ROLES)

    def acting_as(self, permission: Permission) -> str:
        """The role by which the actor may; for the log. Raises Denied."""
        for role in self.roles:
            if role == SYSTEM_ROLE or permission in ROLES[role].may:
                return role
        raise Denied("您没有此项权限")

    def holds(
        self,
        permission: Permission,
        *,
        county: str | EllipsisType = ...,
        employer: int | EllipsisType = ...,
        base: int | EllipsisType = ...,
        person: int | EllipsisType = ...,
    ) -> bool:
        """Whether one and the same grant gives `permission` and covers everything that is named.

        A grant of a role with case scope is narrowed by membership of the case, which the action
        checks itself. With nothing named the permission must merely be held; None is something
        named, and nobody holds it.
        """
        given = {
            Scope.AREA: county,
            Scope.EMPLOYER: employer,
            Scope.BASE: base,
            Scope.PERSON: person,
        }
        named = {scope: key for scope, key in given.items() if key is not ...}
        return any(
            one.role == SYSTEM_ROLE or (permission in ROLES[one.role].may and one.covers(named))
            for one in self.grants
        )

    def require(
        self,
        permission: Permission,
        *,
        county: str | EllipsisType = ...,
        employer: int | EllipsisType = ...,
        base: int | EllipsisType = ...,
        person: int | EllipsisType = ...,
    ) -> None:
        """Raises SignInNeeded or Denied unless the actor `holds` it."""
        if self.user is None and SYSTEM_ROLE not in self.roles:
            raise SignInNeeded("请先登录")
        if not self.holds(permission, county=county, employer=employer, base=base, person=person):
            raise Denied("您没有此项权限，或者不在您的管辖范围内")
