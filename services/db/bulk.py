"""Many rows at once, for the simulated province."""

from collections.abc import Iterable, Sequence

from services.db import Conn
from services.db.query import Command

set_sequence = Command("simulator", "set_sequence")
lock_sheets = Command("simulator", "lock_sheets")


async def fill(
    conn: Conn, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Copies rows into `table`, their ids as given, inside the caller's transaction.

    By way of a temporary table: COPY does not write where row-level security is on. `table` and
    `columns` are names of the schema, never of a request.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    await conn.execute(
        f'create temporary table bulk_rows on commit drop as select {names} from "{table}" limit 0'  # noqa: S608
    )
    await conn.copy_records_to_table("bulk_rows", records=rows, columns=list(columns))
    await conn.execute(
        f'insert into "{table}" ({names}) overriding system value select {names} from bulk_rows'  # noqa: S608
    )
    await conn.execute("drop table bulk_rows")
