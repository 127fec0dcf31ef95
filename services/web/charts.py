"""Server-made SVG: the tile grid of the counties and bars. Pure: values in, markup out.

Every chart has a table beside it (`parts.html`); the picture is one image to a screen reader.
A state shows by pattern and letter as well as by colour. Colours live in site.css, so that a
page needs no inline style.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

from markupsafe import Markup, escape

DIVISIONS: Final = Path(__file__).resolve().parents[1] / "reference/data/divisions.csv"
TILE_PX: Final = 46
GAP_PX: Final = 4
BAR_PX: Final = 26
LABEL_PX: Final = 100
BARS_PX: Final = 460
VALUE_PX: Final = 84

Tone = Literal["good", "fair", "due", "late", "none", "info"]
PATTERNS: Final[Mapping[Tone, str]] = {  # drawn over the tone's colour, 8 x 8
    "good": "",
    "fair": '<path d="M0 8L8 0" class="chart-ink"/>',
    "due": '<circle cx="4" cy="4" r="1.4" class="chart-dot"/>',
    "late": '<path d="M0 0L8 8M0 8L8 0" class="chart-ink"/>',
    "none": "",
    "info": '<path d="M0 4H8" class="chart-ink"/>',
}
ENDINGS: Final = ("回族区", "自治县", "新区", "矿区", "区", "县", "市")


@dataclass(frozen=True, slots=True)
class Tile:
    """A county-level unit and its place in the 15 x 15 grid."""

    code: str
    name: str
    city: str
    row: int
    column: int

    @property
    def short(self) -> str:
        """The name without its kind, at most three characters."""
        for ending in ENDINGS:
            if self.name.endswith(ending) and len(self.name) - len(ending) >= 2:
                return self.name.removesuffix(ending)[:3]
        return self.name[:3]


@dataclass(frozen=True, slots=True)
class State:
    """What a tile may be: words for the legend, one letter for the tile, a tone."""

    label: str
    letter: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: `value` of `whole` (its target; 0 for none), `text` as it is read."""

    label: str
    value: Decimal | int
    text: str
    whole: Decimal | int = 0
    tone: Tone = "info"


@functools.cache
def tiles() -> tuple[Tile, ...]:
    """The 157 county-level units of Henan."""
    with DIVISIONS.open(encoding="utf-8", newline="") as file:
        return tuple(
            Tile(
                row["code"],
                row["name"],
                row["city_name"],
                int(row["tile_row"]),
                int(row["tile_col"]),
            )
            for row in csv.DictReader(file)
        )


def tile_grid(
    title: str, states: Mapping[str, State], marks: Mapping[str, str], key: str = "grid"
) -> Markup:
    """The counties as tiles; `marks` gives each code a key of `states`; `key` is unique in a page.

    Raises `KeyError` for a mark that is no state. A county without a mark stays blank.
    """
    step, drawn = TILE_PX + GAP_PX, []
    counted = dict.fromkeys(states, 0)
    for tile in tiles():
        mark = marks.get(tile.code)
        state = states[mark] if mark is not None else State("", "", "none")
        if mark is not None:
            counted[mark] += 1
        x, y = tile.column * step, tile.row * step
        drawn.append(
            f'<g transform="translate({x} {y})">'
            f"<title>{escape(tile.city)}{escape(tile.name)} {escape(state.label)}</title>"
            f"{square(state.tone, key, TILE_PX)}"
            f'<text x="{TILE_PX / 2:g}" y="19" class="chart-name chart-on-{state.tone}">'
            f"{escape(tile.short)}</text>"
            f'<text x="{TILE_PX / 2:g}" y="38" class="chart-letter chart-on-{state.tone}">'
            f"{escape(state.letter)}</text></g>"
        )
    high = step * (1 + max(tile.row for tile in tiles())) - GAP_PX
    wide = step * (1 + max(tile.column for tile in tiles())) - GAP_PX
    legend = Markup("").join(
        Markup("<li>{}<span>{} {}</span></li>").format(
            swatch(state, key), state.label, counted[one]
        )
        for one, state in states.items()
    )
    return Markup(  # noqa: S704  # every value above is escaped
        '<div class="chart"><svg class="chart-grid" role="img"'
        f' aria-labelledby="{escape(key)}-title" viewBox="0 0 {wide} {high}">'
        f'<title id="{escape(key)}-title">{escape(title)}</title>{patterns(states, key)}'
        f'{"".join(drawn)}</svg><ul class="chart-legend">{legend}</ul></div>'
    )


def square(tone: Tone, key: str, size: int) -> str:
    """A tile in the colour of its tone, with its pattern over it."""
    place = f'width="{size}" height="{size}" rx="4"'
    over = f'<rect {place} fill="url(#{escape(key)}-{tone})"/>' if PATTERNS[tone] else ""
    return f'<rect {place} class="chart-tile chart-{tone}"/>{over}'


def patterns(states: Mapping[str, State], key: str) -> str:
    """The patterns that these states use."""
    used = sorted({state.tone for state in states.values() if PATTERNS[state.tone]})
    return "<defs>{}</defs>".format(
        "".join(
            f'<pattern id="{escape(key)}-{tone}" width="8" height="8"'
            f' patternUnits="userSpaceOnUse">{PATTERNS[tone]}</pattern>'
            for tone in used
        )
    )


def swatch(state: State, key: str) -> Markup:
    """The small tile of the legend."""
    return Markup(  # noqa: S704  # escaped
        '<svg class="chart-swatch" viewBox="0 0 28 28" aria-hidden="true" focusable="false">'
        f"{square(state.tone, key, 28)}"
        f'<text x="14" y="20" class="chart-letter chart-on-{state.tone}">'
        f"{escape(state.letter)}</text></svg>"
    )


def bars(title: str, rows: Sequence[Bar], key: str = "bars") -> Markup:
    """Horizontal bars on one scale; a target shows as a mark on the bar's track."""
    longest = Decimal(max((max(row.value, row.whole) for row in rows), default=0) or 1)
    drawn = "".join(bar(row, longest, line * (BAR_PX + 8)) for line, row in enumerate(rows))
    height = max(len(rows) * (BAR_PX + 8), BAR_PX)
    return Markup(  # noqa: S704  # every value is escaped
        '<div class="chart"><svg class="chart-bars" role="img"'
        f' aria-labelledby="{escape(key)}-title" viewBox="0 -2 {BARS_PX} {height}">'
        f'<title id="{escape(key)}-title">{escape(title)}</title>{drawn}</svg></div>'
    )


def bar(row: Bar, longest: Decimal, y: int) -> str:
    """One line of a bar chart: label, track, bar, target, value."""
    room = BARS_PX - LABEL_PX - VALUE_PX
    width, target = (round(room * Decimal(one) / longest, 1) for one in (row.value, row.whole))
    mark = f'<path d="M{LABEL_PX + target} -1V{BAR_PX + 1}" class="chart-target"/>'
    return (
        f'<g transform="translate(0 {y})">'
        f'<text x="{LABEL_PX - 8}" y="18" class="chart-label">{escape(row.label)}</text>'
        f'<rect x="{LABEL_PX}" y="3" width="{room}" height="20" class="chart-track"/>'
        f'<rect x="{LABEL_PX}" y="3" width="{width}" height="20" class="chart-bar-{row.tone}"/>'
        f"{mark if row.whole else ''}"
        f'<text x="{LABEL_PX + room + 8}" y="18" class="chart-value">{escape(row.text)}</text></g>'
    )
