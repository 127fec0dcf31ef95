"""A grant answers for what it names, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access import (
    ROLES,
    SYSTEM_ROLE,
    Actor,
    Denied,
    Grant,
    Permission,
    Scope,
    SignInNeeded,
)

COUNTY, OTHER = "410122", "410327"
WHAT = {
    Scope.AREA: "county",
    Scope.EMPLOYER: "employer",
    Scope.BASE: "base",
    Scope.PERSON: "person",
}


def grant(role, key=7, area=COUNTY):
    """A grant of `role` as the database holds it: of a role's scope one thing is named."""
    scope = ROLES[role].scope
    if scope is Scope.AREA:
        return Grant(role, area, below=frozenset({area}))
    named = {} if scope in (Scope.CASE, Scope.SYSTEM) else {scope.value: key}
    return Grant(role, **named)


def of(*grants):
    return Actor(1, grants)


PAIRS = [(role.key, permission) for role in ROLES.values() for permission in sorted(role.may)]


@pytest.mark.parametrize(("role", "permission"), PAIRS)
def test_a_county_is_answered_for_by_roles_of_an_area_alone(role, permission):
    """An employer's, a base's or a person's grant says nothing of a county."""
    actor, area = of(grant(role)), ROLES[role].scope is Scope.AREA
    assert actor.holds(permission, county=COUNTY) is area
    assert not actor.holds(permission, county=OTHER)
    assert actor.holds(permission)
    if not area:
        with pytest.raises(Denied):
            actor.require(permission, county=COUNTY)


@given(
    pair=st.sampled_from(PAIRS),
    what=st.sampled_from(sorted(WHAT)),
    key=st.integers(min_value=1, max_value=9),
)
def test_what_is_named_is_held_by_a_grant_that_names_it(pair, what, key):
    role, permission = pair
    asked = {WHAT[what]: COUNTY if what is Scope.AREA else key}
    held = of(grant(role)).holds(permission, **asked)
    assert held is (ROLES[role].scope is what and asked[WHAT[what]] in (COUNTY, 7))


@given(pair=st.sampled_from(PAIRS), more=st.sampled_from(sorted(WHAT)))
def test_two_things_of_different_kinds_are_held_by_no_single_grant(pair, more):
    role, permission = pair
    own = ROLES[role].scope
    if own not in WHAT or own is more:
        return
    keys = {what: COUNTY if what is Scope.AREA else 7 for what in (own, more)}
    assert not of(grant(role)).holds(permission, **{WHAT[what]: keys[what] for what in keys})


def test_a_role_held_here_and_an_area_held_there_make_no_permission_there():
    """The office of one county who is also staff of another schedules nothing in the other."""
    actor = of(grant("assessment_office", area=COUNTY), grant("county_staff", area=OTHER))
    assert actor.below == {COUNTY, OTHER}
    assert actor.holds(Permission.CASE_SCHEDULE, county=COUNTY)
    assert not actor.holds(Permission.CASE_SCHEDULE, county=OTHER)
    assert actor.holds(Permission.ORDER_CHECK, county=OTHER)
    assert not actor.holds(Permission.ORDER_CHECK, county=COUNTY)


def test_nobody_holds_what_belongs_to_nobody():
    """None is a thing that is named, and no grant covers it: not even one that names nothing."""
    for actor in (of(grant("employer")), of(Grant("employer"))):
        assert not actor.holds(Permission.ORDER_WRITE, employer=None)


def test_who_is_not_signed_in_is_told_to_and_the_program_may():
    with pytest.raises(SignInNeeded):
        Actor(None).require(Permission.CASE_READ)
    Actor(None, (Grant(SYSTEM_ROLE, "410000"),)).require(Permission.CASE_SCHEDULE, county=OTHER)


def test_a_grant_that_covered_everything_would_be_noticed(monkeypatch):
    """Takes the guard away."""
    monkeypatch.setattr(Grant, "covers", lambda self, named: True)
    assert of(grant("employer")).holds(Permission.ORDER_WRITE, county=OTHER)
