"""The pages: one module per noun, each with its `routes`."""

from importlib import import_module
from typing import Final

from services.web.routing import Route

_MODULES: Final = (
    "services.web.health",
    "services.web.home",
    "services.web.sign_in",
    "services.web.users",
    "services.web.audit",
    "services.web.coverage",
    "services.web.planning",
    "services.web.register",
    "services.web.bases",
    "services.web.cases",
    "services.web.sheets",
    "services.web.quality",
    "services.web.rubric_writing",
    "services.web.rubrics",
    "services.web.notices",
    "services.web.orders",
    "services.web.openings",
    "services.web.joining",
    "services.web.people",
    "services.web.own_data",
    "services.web.abilities",
    "services.web.employers",
    "services.web.matching",
    "services.web.advice",
    "services.web.fairness",
    "services.web.api",
)


def all_routes() -> list[Route]:
    """Every route of the service, in the order of the modules."""
    found: list[Route] = []
    for name in _MODULES:
        found.extend(import_module(name).routes.all)
    return found
