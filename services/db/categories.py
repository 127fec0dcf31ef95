"""Disability category and grade, dated. Read through services/actions/categories.py only."""

from dataclasses import dataclass
from datetime import date

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class CategoryRow:
    certified_on: date
    categories_cipher: bytes
    certificate_cipher: bytes


add = Command("categories", "add")
of_person = Query("categories", "of_person", CategoryRow)
