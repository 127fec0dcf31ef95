"""Any request that the description allows, and many that it does not: never a server error."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from services.app import create_app
from services.web import all_routes
from services.web.api.openapi import describe
from services.web.keys import Clock
from services.web.middlewares import COOKIE
from services.web.once import HEADER
from tests.conftest import NOW
from tests.services.web import a_place, open_session, world

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
ROLES = ("province_staff", "county_staff", "base_manager", "assessor", "employer", "job_seeker")
SECONDS = 240  # of one role, on a machine with much else to do
KINDS = {"number": "plaque"}  # what a path calls otherwise than the test's world
# Words that let a body through to what lies behind the first check.
SENSE = {
    "event": ["submit", "open", "return", "close", "cancel", "accept", "decline", "hire", "start"],
    "trade": ["缝纫工"],
    "kind": ["enterprise"],
    "part": ["moderator", "panel"],
    "what": ["no_conflict", "site_visited"],
    "deadline": ["2026-12-20"],
    "starts_on": ["2027-01-10"],
    "seats": [2],
    "min_headcount": [1],
    "wage_min": [3000],
    "wage_max": [4000],
    "contract_months": [12],
    "work_type": ["on_site"],
    "wage_basis": ["month"],
    "insurance": [["养老", "医疗", "失业", "工伤", "生育"]],
    "demands": [[]],
    "accommodations": [[]],
    "skills": [[]],
    "raises": [{}],
    "version": [0, 1],
    "about": ["capacity", "fact", "education"],
}


@pytest.fixture(scope="module")
async def peopled(template):
    async with a_place(template) as place:
        yield place, await world(place)


def real(corners, schema, name):
    """The schema, with what is there or makes sense as its first choice."""
    kind = KINDS.get(name, name)
    held = [at.things[kind] for at in corners if kind in at.things]
    held += [at.county for at in corners if name == "county"]
    held += SENSE.get(name, [])
    return {"anyOf": [{"enum": held}, schema]} if held else schema


def described(place_world):
    """Our own description, in which the paths and bodies know what is there: a fuzzer that
    guesses numbers would see nothing but 404."""
    told = describe([route for route in all_routes() if route.api])
    corners = (place_world.own, place_world.other)
    for operations in told["paths"].values():
        for operation in operations.values():
            parameters = operation.get("parameters", [])
            # A guessed key used twice hides what lies behind it; test_once.py is about keys.
            parameters[:] = [one for one in parameters if one["name"] != HEADER]
            for parameter in parameters:
                parameter["schema"] = real(corners, parameter["schema"], parameter["name"])
    for schema in told["components"]["schemas"].values():
        for name, inner in schema.get("properties", {}).items():
            schema["properties"][name] = real(corners, inner, name)
    return told


async def fuzz(url: str, description: Path, headers: dict[str, str]) -> tuple[int, str]:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(description), "--url", url),
        *("--checks", CHECKS, "--max-examples", "8", "--seed", "20220628", "--phases"),
        *("examples,coverage,fuzzing", "--request-timeout", "20", "--warnings", "off"),
    ]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        check=False,
        cwd=description.parent,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("role", ["anonymous", *ROLES])
async def test_the_api_never_fails_the_one_who_asks(peopled, role, tmp_path):
    place, made = peopled
    headers = {}
    if role != "anonymous":
        opened = await open_session(place, made.users[role], now=NOW)
        headers = {"Cookie": f"{COOKIE}={opened.token}", "X-CSRF-Token": opened.csrf}
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(described(made)))
    app = create_app(place.settings, clock=Clock(lambda: NOW))
    async with TestServer(app) as server:
        code, told = await fuzz(str(server.make_url("")).rstrip("/"), description, headers)
    assert code == 0, told[-8000:]
