"""Pages: the templates, their filters and the shell around every one of them."""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape

from services import i18n
from services.i18n import HTML_LANG, LANGUAGES, NAMES, Language, _
from services.web import charts

HERE: Final = Path(__file__).resolve().parent
KIT: Final = "govuk_frontend_jinja"
ZONE: Final = ZoneInfo("Asia/Shanghai")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the navigation; `text` is already in the person's language."""

    text: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around every page: who is signed in, where they are, which links they have."""

    person: str | None = None
    role: str | None = None
    csrf: str = ""
    here: str = "/"  # path and query of this page, where the language switch comes back to
    demo: bool = False  # the people on this page are simulated
    navigation: tuple[Link, ...] = ()
    breadcrumbs: tuple[Link, ...] = ()


class House(jinja2.Environment):
    """Strict about our own templates; the component kit tests for values that are not given."""

    def __init__(self) -> None:
        super().__init__(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            auto_reload=False,  # a template changes with the program, not under it
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        self.kit = jinja2.Environment(
            loader=jinja2.PrefixLoader({KIT: jinja2.PackageLoader(KIT)}),
            autoescape=True,
            auto_reload=False,
            cache_size=-1,
        )

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: Any = None,  # noqa: A002  # jinja2's own name
    ) -> jinja2.Template:
        """The template; one of the kit's comes from the kit's own, lenient environment."""
        if isinstance(name, str) and name.startswith(f"{KIT}/"):
            return self.kit.get_template(name)
        return super().get_template(name, parent, globals)


@functools.cache
def environment() -> jinja2.Environment:
    """The one environment of all pages."""
    house = House()
    house.install_gettext_callables(  # type: ignore[attr-defined]  # added by jinja2.ext.i18n
        lambda text: i18n.translation(text, i18n.language()),
        lambda one, many, n: i18n.translation(one if n == 1 else many, i18n.language()),
        newstyle=True,
    )
    house.globals |= {
        "_": translated,
        "address": address,
        "asset": asset,
        "bars": charts.bars,
        # Each form its own: two forms of one page are two submissions.
        "new_key": functools.partial(secrets.token_urlsafe, 16),
        "languages": tuple((one, NAMES[one], HTML_LANG[one]) for one in LANGUAGES),
        "tile_grid": charts.tile_grid,
    }
    filters: Mapping[str, Callable[..., str]] = {
        "date": date_text,
        "datetime": datetime_text,
        "number": number,
        "percent": percent,
        "points": points,
    }
    house.filters |= filters
    return house


def render(name: str, language: Language, **context: object) -> str:
    """A whole page in `language`. Give `shell=Shell(...)` for who and where; default nobody."""
    return fill(environment().get_template(name), language, **context)


def fill(template: jinja2.Template, language: Language, **context: object) -> str:
    """A template of any origin inside the shell, in `language`."""
    around = {"shell": Shell(), "language": language, "html_lang": HTML_LANG[language]}
    with i18n.using(language):
        return template.render(around | context)


def translated(text: str, /, **values: object) -> str:
    """`_` of templates: values that are not markup are escaped before they fill their place."""
    if not values:
        return _(text)
    return Markup(_(text, **{name: escape(value) for name, value in values.items()}))  # noqa: S704


def address(path: str, **query: object) -> str:
    """A path with a query; empty values are left out."""
    kept = {name: value for name, value in query.items() if value not in (None, "", ())}
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


@functools.cache
def asset(name: str) -> str:
    """The address of a static file, which changes when the file changes."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def date_text(value: date) -> str:
    """2026年11月23日 / 23 November 2026; a datetime gives its day in Henan."""
    day = value.astimezone(ZONE).date() if isinstance(value, datetime) else value
    if i18n.language() == "en":
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def datetime_text(value: datetime) -> str:
    """The minute in Henan. Raises `ValueError` for a time without a zone."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone is no time")
    local = value.astimezone(ZONE)
    comma = ", " if i18n.language() == "en" else " "
    return f"{date_text(local)}{comma}{local:%H:%M}"


def points(value: Decimal | int) -> str:
    """A score: at most two decimals, no zeros at the end."""
    exact = Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{exact:f}".rstrip("0").rstrip(".")


def percent(value: Decimal | float, decimals: int = 1) -> str:
    """A share of 1 as a percentage, rounded half up."""
    step = Decimal(1).scaleb(-decimals)
    return f"{(Decimal(str(value)) * 100).quantize(step, ROUND_HALF_UP):f}%"


def number(value: Decimal | int) -> str:
    """A count with thousands apart."""
    return f"{value:,}"
