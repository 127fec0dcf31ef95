"""OpenAPI 3.1 from the routes' own declarations: paths, bodies and replies as msgspec types."""

import re
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
                "session": {"type": "apiKey", "in": "cookie", "name": "yupei_session"}
            },
        },
    }


def _operation(route: Route, of: dict[int, Any], problem: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "done"}
    if route.reply is not None:
        good["content"] = {"application/json": {"schema": of[id(route.reply)]}}
    operation: dict[str, Any] = {
        "operationId": f"{route.handler.__module__.rsplit('.', 1)[-1]}_{route.handler.__name__}",
        "summary": route.summary,
        "responses": {
            "200": good,
            "default": {
                "description": "a problem",
                "content": {"application/problem+json": {"schema": problem}},
            },
        },
        "x-permission": str(route.permission or ""),
        "x-area": str(route.area),
    }
    if places := _PLACE.findall(route.path):
        operation["parameters"] = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "integer", "minimum": 0}
                if pattern == r"\d+"
                else {"type": "string", "minLength": 1},
            }
            for name, pattern in places
        ]
    if route.area is not Area.PUBLIC:
        operation["security"] = [{"session": []}]
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": of[id(route.body)]}},
        }
    return operation
