"""Each way in which a rule says no has one status; the table is read here, not guessed."""

import importlib
import pkgutil

import pytest

import accreditation
import matching
import services
from accreditation.errors import Refusal as CaseRefusal
from matching.errors import Refusal as OrderRefusal
from services.problems import problem_of

# Every class of refusal in the house, with its status and the name that programs read.
TABLE = {
    "accreditation.errors.Refusal": (422, "refused"),
    "accreditation.errors.IllegalMove": (409, "illegal-move"),
    "accreditation.errors.GuardNotMet": (422, "refused"),
    "accreditation.errors.BadValue": (422, "refused"),
    "accreditation.errors.RubricFault": (422, "refused"),
    "accreditation.errors.Unreadable": (422, "refused"),
    "accreditation.reliability.severity.NotConnected": (422, "refused"),
    "accreditation.rescaling.Inexact": (422, "refused"),
    "accreditation.rescaling.Looser": (422, "refused"),
    "matching.errors.Refusal": (422, "refused"),
    "matching.errors.IllegalMove": (409, "illegal-move"),
    "matching.orders.text.AsksAboutPerson": (422, "refused"),
    "services.access.Denied": (403, "denied"),
    "services.access.SignInNeeded": (401, "sign-in-needed"),
    "services.actions.drafts.Faulty": (422, "refused"),
    "services.actions.registration.Duplicate": (422, "refused"),
    "services.actions.offers.NoSeatLeft": (409, "illegal-move"),
    "services.actions.sign_in.SignInRefused": (401, "sign-in-refused"),
    "services.actions.sign_in.TooMany": (429, "too-many"),
    "services.db.query.NotFound": (404, "not-found"),
    "services.problems.CrossSite": (403, "cross-site"),
    "services.problems.KeyReused": (422, "key-reused"),
    "services.problems.Stale": (412, "stale"),
    "services.problems.TooLarge": (413, "too-large"),
    "services.problems.TooSlow": (408, "too-slow"),
    "services.problems.UnderWay": (409, "under-way"),
    "services.problems.VersionNeeded": (428, "version-needed"),
    "services.running.Underway": (409, "illegal-move"),
    "services.running.Unfinished": (422, "refused"),
}
# Made from their errors, or from what was found.
WITHOUT_WORDS = {"services.actions.drafts.Faulty", "services.actions.registration.Duplicate"}


def refusals():
    """Every class of refusal that our rooms define, by its full name."""
    for room in (accreditation, matching, services):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    found, waiting = {}, [CaseRefusal, OrderRefusal]
    while waiting:
        one = waiting.pop()
        found[f"{one.__module__}.{one.__name__}"] = one
        waiting += one.__subclasses__()
    return {name: one for name, one in found.items() if not name.startswith("tests.")}


def test_every_class_of_refusal_is_in_the_table():
    assert refusals().keys() == TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_a_refusal_is_answered_by_its_row(name):
    kind = refusals()[name]
    made = kind({}) if name in WITHOUT_WORDS else kind("不行")
    problem = problem_of(made)
    assert (problem.status, problem.slug) == TABLE[name]
