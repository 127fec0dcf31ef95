"""The commands: one module each. Their names are fixed (docs/architecture.md)."""

import sys

import typer

from services.app import DemonstrationRefused
from services.cli import bench, demo, serve, user
from services.cli.cover import cover
from services.cli.learn import learn
from services.cli.match import match
from services.cli.rubric import app as rubric
from services.cli.score import score
from services.db.machine import EmbeddedError
from services.db.migrate import SchemaRefused
from services.db.pool import UnsafeRole
from services.db.roles import ServerUnfit
from services.settings import SettingsError

app = typer.Typer(
    name="yupei",
    help="豫培：残疾人职业培训基地认证与订单式就业匹配。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(serve.worker)
app.command()(serve.migrate)
app.command()(serve.job)
app.command("verify-audit")(serve.verify_audit)
app.add_typer(user.app, name="user")
app.command()(score)
app.add_typer(rubric, name="rubric")
app.command()(match)
app.command()(learn)
app.command()(cover)
app.command(context_settings=bench.PASS_ON)(bench.bench)


def main() -> None:
    """Runs the command line; what an operator can mend is said in a line, not in a traceback."""
    try:
        app()
    except (
        DemonstrationRefused,
        EmbeddedError,
        SchemaRefused,
        ServerUnfit,
        SettingsError,
        UnsafeRole,
    ) as refused:
        print(f"yupei: {refused}", file=sys.stderr)
        sys.exit(1)
