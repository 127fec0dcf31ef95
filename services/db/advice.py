"""What advice on the market needs beside the market: seats in use, and who to ask."""

from dataclasses import dataclass

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class TakenRow:
    id: int
    taken: int


@dataclass(frozen=True, slots=True)
class AskedRow:
    pseudonym: int
    id: int
    county: str


@dataclass(frozen=True, slots=True)
class PlaceName:
    code: str
    name: str


newest_run = Command("advice", "newest_run")
taken = Query("advice", "taken", TakenRow)
asked_of = Query("advice", "asked_of", AskedRow)
places = Query("advice", "places", PlaceName)
