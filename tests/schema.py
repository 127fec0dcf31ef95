"""Describes a database as text: what sql/schema.sql holds. `python -m tests.schema` writes the file."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import asyncpg

_HEAD = (
    "-- The schema as it stands: the sum of sql/migrations, for reading.\n"
    "-- Written by `python -m tests.schema`; a test holds the two equal.\n"
)
_TABLES = """
select c.relname, c.relrowsecurity, array(
  select format('  %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then ' not null' else '' end,
    case when a.attidentity <> '' then ' generated always as identity'
         when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end)
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
  array(select '  constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
    from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n' order by k.conname) as constraints,
  array(select pg_get_indexdef(i.indexrelid) || ';' from pg_index i
    where i.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    order by 1) as indexes,
  array(select pg_get_triggerdef(t.oid) || ';' from pg_trigger t
    where t.tgrelid = c.oid and not t.tgisinternal order by t.tgname) as triggers,
  array(select format('create policy %s on %s for %s to %s using (%s) with check (%s);', p.polname,
      c.relname, p.polcmd, array(select rolname from pg_roles where oid = any (p.polroles) order by 1),
      coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''))
    from pg_policy p where p.polrelid = c.oid order by p.polname) as policies,
  array(select format('grant %s on %s to %s;', string_agg(privilege_type, ', ' order by privilege_type),
      c.relname, grantee)
    from information_schema.role_table_grants g
    where g.table_schema = 'public' and g.table_name = c.relname and g.grantee like 'yupei%'
      and g.grantee <> 'yupei_owner'
    group by grantee order by grantee) as grants
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
order by c.relname
"""
_FUNCTIONS = """
select pg_get_functiondef(p.oid) as body from pg_proc p
where p.pronamespace = 'public'::regnamespace and not exists (
  select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
order by p.proname
"""


async def describe(conn: "asyncpg.Connection[Any]") -> str:
    """Every function, table, constraint, index, trigger, policy and grant, in a stable order."""
    lines = [_HEAD]
    lines += [f"{row['body'].strip()};\n" for row in await conn.fetch(_FUNCTIONS)]
    for t in await conn.fetch(_TABLES):
        lines.append(f"create table {t['relname']} (")
        lines.append(",\n".join([*t["columns"], *t["constraints"]]))
        lines.append(");")
        if t["relrowsecurity"]:
            lines.append(f"alter table {t['relname']} enable row level security;")
        for part in ("indexes", "triggers", "policies", "grants"):
            lines += t[part]
        lines.append("")
    return "\n".join(lines)


async def _written(settings: Any) -> str:
    from services.db.migrate import migrate  # noqa: PLC0415
    from services.db.roles import ensure_roles  # noqa: PLC0415

    admin = await asyncpg.connect(settings.database_url)
    await ensure_roles(admin, settings)
    await admin.close()
    owner = await asyncpg.connect(settings.url("yupei_owner"))
    await migrate(owner)
    text = await describe(owner)
    await owner.close()
    return text


def write() -> None:
    """Makes a fresh database, migrates it and writes what it is."""
    from services.db.embedded import server_for  # noqa: PLC0415
    from services.settings import Settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="yupei-schema-") as folder:
        Path(folder).chmod(0o755)
        with server_for(Settings.from_env({"YUPEI_HOME": f"{folder}/yupei"}), fast=True) as ready:
            text = asyncio.run(_written(ready))
    (Path(__file__).parents[1] / "sql" / "schema.sql").write_text(text, "utf-8")


if __name__ == "__main__":
    write()
