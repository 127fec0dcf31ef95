"""A named query and the row it returns. tests/services/test_sql.py prepares every one of them."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from accreditation.errors import Refusal
from services.db import Conn
from sql import load

Row = TypeVar("Row")
ALL: "list[Query[Any] | Command]" = []


class NotFound(Refusal):
    """There is no such row, or the asker may not know that there is one."""


@dataclass(frozen=True)
class Query(Generic[Row]):
    """Query `name` of sql/queries/`room`.sql, whose columns are the fields of `row` in order."""

    room: str
    name: str
    row: type[Row]

    def __post_init__(self) -> None:
        ALL.append(self)

    @property
    def sql(self) -> str:
        return load(self.room)[self.name]

    async def all(self, conn: Conn, *args: object) -> list[Row]:
        return [self.row(**record) for record in await conn.fetch(self.sql, *args)]

    async def first(self, conn: Conn, *args: object) -> Row | None:
        record = await conn.fetchrow(self.sql, *args)
        return None if record is None else self.row(**record)

    async def one(self, conn: Conn, *args: object) -> Row:
        """The first row. Raises NotFound if there is none or the asker may not see it."""
        row = await self.first(conn, *args)
        if row is None:
            raise NotFound("没有找到，或者您无权查看")
        return row


@dataclass(frozen=True)
class Command:
    """A statement of sql/queries/`room`.sql of which at most one value comes back."""

    room: str
    name: str

    def __post_init__(self) -> None:
        ALL.append(self)

    @property
    def sql(self) -> str:
        return load(self.room)[self.name]

    async def run(self, conn: Conn, *args: object) -> None:
        await conn.execute(self.sql, *args)

    async def many(self, conn: Conn, rows: "list[tuple[Any, ...]]") -> None:
        await conn.executemany(self.sql, rows)

    async def value(self, conn: Conn, *args: object) -> Any:
        """The single value that the statement returns, None if it returned no row."""
        return await conn.fetchval(self.sql, *args)
