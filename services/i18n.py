"""The two languages of the interface: Chinese is the source, English the first translation.

`_("中文{name}", name=...)` translates at once; `N_("中文")` only marks; `Message("中文", ...)` is
translated when it is shown. English lives in `services/web/locale/en/<room>.po`.
"""

from __future__ import annotations

import ast
import functools
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol, runtime_checkable

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
NAMES: Final[Mapping[Language, str]] = {"zh": "中文", "en": "English"}
HTML_LANG: Final[Mapping[Language, str]] = {"zh": "zh-Hans-CN", "en": "en"}

ROOT: Final = Path(__file__).resolve().parents[1]
LOCALE: Final = ROOT / "services/web/locale"
TEMPLATES: Final = {"silent": "false", "extensions": "jinja2.ext.do"}
ROOMS: Final = ("accreditation", "matching", "services")  # where interface text is written

_language: ContextVar[Language] = ContextVar("language", default="zh")


class CatalogError(ValueError):
    """The translations contradict each other or their source."""


class Refusing(Protocol):
    """What both domains' `Refusal` have in common."""

    text: str
    values: dict[str, object]


@runtime_checkable
class Bilingual(Protocol):
    """A value that the domain's data hold in both languages: names of states, steps and roles."""

    def said(self, language: Language = "zh") -> str: ...


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """Text that is translated when it is shown; a value may be a `Message` too."""

    text: str
    values: Mapping[str, object]

    def __init__(self, text: str, /, **values: object) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return _(self.text, **self.values)


def N_(text: str, /) -> str:  # noqa: N802  # gettext's own name for a mark
    """The text unchanged, marked for translation: it is shown later through `_`."""
    return text


def _(text: str, /, **values: object) -> str:
    """The text in the present language, its `{named}` places filled.

    Without values nothing is filled, so braces may stand for themselves.
    Raises `KeyError` for a place without a value, `ValueError` for a value without a place.
    """
    shown = translation(text, _language.get())
    if not values:
        return shown
    unknown = values.keys() - places(text)
    if unknown:
        raise ValueError(f"no place for {sorted(unknown)} in {text!r}")
    return shown.format_map({name: _told(value) for name, value in values.items()})


def _told(value: object) -> object:
    """A value in the present language, where the domain gave it in both."""
    if isinstance(value, str | int):  # nearly always; a protocol is asked slowly
        return value
    return value.said(_language.get()) if isinstance(value, Bilingual) else value


def language() -> Language:
    """The language of the person being answered; Chinese outside a request."""
    return _language.get()


@contextmanager
def using(language: Language) -> Iterator[None]:
    """Answers in `language` inside the block."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def translation(text: str, language: Language) -> str:
    """The text in `language`; the Chinese source where no translation exists."""
    return text if language == "zh" else catalog(language).get(text, text)


def translate_refusal(refusal: Refusing) -> str:
    """What a rule said, in the present language, its values filled in.

    Names from the data bring both languages; other words are looked up like any text of ours.
    """
    values = {
        name: _(value) if isinstance(value, str) else value
        for name, value in refusal.values.items()
    }
    return _(refusal.text, **values) if values else _(refusal.text)


@functools.lru_cache(4096)
def places(text: str) -> frozenset[str]:
    """The names of the `{named}` places of a text. Raises `ValueError` for broken braces."""
    found = (place for _literal, place, _spec, _how in string.Formatter().parse(text))
    return frozenset(place for place in found if place is not None)


@functools.cache
def catalog(language: Language) -> Mapping[str, str]:
    """Every translation of `language`, merged from the rooms' files once."""
    return merge(read(LOCALE / language))


def read(folder: Path) -> Mapping[str, Catalog]:
    """The catalogs of a folder by file name."""
    found = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            found[path.name] = read_po(file, abort_invalid=True)
    return found


def merge(catalogs: Mapping[str, Catalog]) -> Mapping[str, str]:
    """One table from several catalogs; a room may repeat another's text only word for word.

    Raises `CatalogError` where two rooms translate one text differently.
    """
    merged: dict[str, str] = {}
    source: dict[str, str] = {}
    for name, one in catalogs.items():
        for message in one:
            if not message.id or not message.string or message.fuzzy:
                continue
            text, shown = str(message.id), str(message.string)
            if merged.setdefault(text, shown) != shown:
                raise CatalogError(f"{source[text]} and {name} translate {text!r} differently")
            source.setdefault(text, name)
    return merged


def faults(language: Language) -> list[str]:
    """Translations that cannot be trusted: fuzzy, unused, or with other places than the source."""
    wanted, found = set(extract()), []
    for name, one in read(LOCALE / language).items():
        for message in one:
            if not message.id:
                continue
            text, shown = str(message.id), str(message.string)
            if message.fuzzy:
                found.append(f"{name}: fuzzy: {text}")
            if text not in wanted:
                found.append(f"{name}: nothing says: {text}")
            if shown and not same_places(text, shown):
                found.append(f"{name}: places differ: {text} / {shown}")
    return found


def same_places(text: str, shown: str) -> bool:
    """Whether a translation has exactly the places of its source."""
    try:
        return places(text) == places(shown)
    except ValueError:
        return text == shown


def missing(language: Language) -> list[str]:
    """Every text of the interface without a translation, as `path:line: text`."""
    known = catalog(language)
    return [f"{where}: {text}" for text, where in extract().items() if text not in known]


def extract() -> dict[str, str]:
    """Every Chinese text that code and templates show, with the place that says it first."""
    sources = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    keywords = dict.fromkeys(("_", "N_", "Message", *refusal_names(sources)))
    found: dict[str, str] = {}
    for path in (*sources, *sorted((ROOT / "services/web/templates").rglob("*.html"))):
        with path.open("rb") as file:
            said = (
                babel_extract(file, list(keywords), (), TEMPLATES)
                if path.suffix == ".html"
                else extract_python(file, keywords, (), {})
            )
            for line, _name, texts, _comments in said:
                text = texts if isinstance(texts, str) else next(iter(texts or ()), None)
                if text and any("\u4e00" <= letter <= "\u9fff" for letter in text):
                    found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return found


def refusal_names(sources: list[Path]) -> set[str]:
    """`Refusal`, and every class that descends from it anywhere in our rooms."""
    bases: dict[str, set[str]] = {}
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                named = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                bases.setdefault(node.name, set()).update(named)
    names = {"Refusal"}
    while more := {name for name, above in bases.items() if above & names} - names:
        names |= more
    return names
