"""OpenAPI 3.1 from the routes' own declarations: paths, bodies and replies as msgspec types."""

import re
from http import HTTPStatus
from typing import Any, Final

import msgspec

from services.web.routing import Area, Route

_PLACE: Final = re.compile(r"\{(\w+)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")


class Problem(msgspec.Struct):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: dict[str, str] | None = None


def describe(routes: list[Route]) -> dict[str, Any]:
    """The document. Raises TypeError for a body or reply that has no JSON Schema."""
    types: list[Any] = [Problem]
    types += [t for route in routes for t in (route.body, route.reply) if t is not None]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    of = {id(t): schema for t, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda r: (r.path, r.method)):
        paths.setdefault(_PLACE.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(
            route, of, of[id(Problem)]
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "豫培 yupei",
            "version": "1",
            "description": "残疾人职业培训基地认证与订单式就业匹配。错误为 RFC 9457 problem+json。",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "yupei_session"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }


def _operation(route: Route, of: dict[int, Any], problem: Any) -> dict[str, Any]:
    reply = {"type": "object"} if route.reply is None else of[id(route.reply)]
    operation: dict[str, Any] = {
        "operationId": f"{route.handler.__module__.rsplit('.', 1)[-1]}_{route.handler.__name__}",
        "summary": route.summary,
        "responses": {
            str(route.status): {
                "description": "done",
                "content": {"application/json": {"schema": reply}},
            }
        },
        "x-permission": str(route.permission or ""),
        "x-area": str(route.area),
    }
    for status in sorted(statuses(route)):
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": problem}},
        }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.area is not Area.PUBLIC:
        operation["security"] = [{"session": [], "csrf": []} if route.changes else {"session": []}]
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": of[id(route.body)]}},
        }
    return operation


def statuses(route: Route) -> set[int]:
    """The refusals that a route may answer with. 500 is never described: it is a fault of ours."""
    found = {422, 503}
    if route.area is not Area.PUBLIC:
        found |= {401, 403}
    if route.query or route.body is not None:
        found.add(400)  # what is no text: a NUL
    if _PLACE.search(route.path) or route.area in (Area.PERSON, Area.EMPLOYER):
        found.add(404)
    if route.changes:
        found |= {400, 403, 404, 408, 409, 412, 413, 429}
    if route.versioned:
        found.add(428)
    return found


def _parameters(route: Route) -> list[dict[str, Any]]:
    places = [
        {"name": name, "in": "path", "required": True, "schema": _place_schema(pattern)}
        for name, pattern in _PLACE.findall(route.path)
    ]
    words = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query]
    headers: list[dict[str, Any]] = []
    if route.once:
        headers.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "a repeat within 24 hours has no second effect and gets the same answer",
                "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
            }
        )
    if route.versioned:
        headers.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "description": "the version that the change was made from",
                "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
            }
        )
    return places + words + headers


def _place_schema(pattern: str) -> dict[str, Any]:
    if pattern == r"\d+":
        return {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
    return {"type": "string", "pattern": f"^{pattern}$"}
