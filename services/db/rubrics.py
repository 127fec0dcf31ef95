"""Rubrics by where and when they hold, and the drafts of local ones."""

from dataclasses import dataclass
from datetime import date, datetime

from services.db.cases import RubricKey
from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Listed:
    id: str
    version: str
    level: str
    area: str | None  # None: where nothing nearer holds
    area_name: str | None
    valid_from: date
    retired_on: date | None  # last day
    in_force: bool


@dataclass(frozen=True, slots=True)
class Published:
    id: str
    version: str
    level: str
    area: str | None
    area_name: str | None
    valid_from: date
    retired_on: date | None
    body: str  # JSON, the whole effective rubric
    changes: str | None  # JSON, what the locality changed


@dataclass(frozen=True, slots=True)
class Place:
    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Open:
    id: int
    level: str
    area: str
    area_name: str
    edition: str
    changed_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Draft:
    id: int
    level: str
    area: str
    area_name: str
    body: str  # JSON, the changes
    valid_from: date | None
    drafted_by: int
    changed_by: int
    changed_at: datetime
    published: bool
    discarded: bool
    version: int


@dataclass(frozen=True, slots=True)
class Settled:
    case_id: int
    base_id: int
    base_name: str
    kind: str
    simulated: bool
    vetoes: list[str]


@dataclass(frozen=True, slots=True)
class Final:
    case_id: int
    item_id: str
    measure: str | None  # JSON
    not_applicable: bool
    origin: str
    reason: str


listed = Query("rubrics", "listed", Listed)
published = Query("rubrics", "published", Published)
above = Query("rubrics", "above", RubricKey)
last_of_area = Query("rubrics", "last_of_area", RubricKey)
areas = Query("rubrics", "areas", Place)
add_draft = Command("rubrics", "add_draft")
drafts = Query("rubrics", "drafts", Open)
draft = Query("rubrics", "draft", Draft)
change_draft = Command("rubrics", "change_draft")
discard_draft = Command("rubrics", "discard_draft")
publish_draft = Command("rubrics", "publish_draft")
publish = Command("rubrics", "publish")
retire = Command("rubrics", "retire")
settled = Query("rubrics", "settled", Settled)
finals = Query("rubrics", "finals", Final)
last_season = Command("rubrics", "last_season")
