"""Rows of a simulated province before they are written: plain values, in order, with ids."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Row = dict[str, Any]


@dataclass(slots=True)
class Book:
    """Every table's rows. A column that is sealed in the database holds its plain text here."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, **row: Any) -> int:
        """Adds a row that gets the next id of its table, and returns the id."""
        number = len(self.tables[table]) + 1
        self.tables[table].append({"id": number, **row})
        return number

    def note(self, table: str, **row: Any) -> None:
        """Adds a row of a table that has no id of its own."""
        self.tables[table].append(row)


def noon(day: date, minutes: int = 0) -> datetime:
    """A moment on `day`, office hours in Henan."""
    return datetime.combine(day, time(2, 0), UTC) + timedelta(minutes=minutes)


def name(number: int) -> str:
    """A name that nobody mistakes for a real one: 模拟 and a number."""
    return f"模拟{number:06d}"


def phone(number: int) -> str:
    """No Chinese mobile number begins with 100."""
    return f"100{number:08d}"
