"""Certificate category and grade, drawn after and from the capacities: for statistics only."""

from typing import Any, Final

import numpy as np

from matching.engine.vocabulary import DIMENSION_AT

# 残疾人证号 digit 19: 1 视力 2 听力 3 言语 4 肢体 5 智力 6 精神 7 多重 (GB/T 26341-2010).
_SIGNS: Final[dict[int, tuple[str, ...]]] = {
    1: ("near_vision", "scene_vision"),
    2: ("hear_speech", "hear_signal"),
    3: ("speak",),
    4: ("stand", "walk", "bimanual", "fine_motor", "grip", "stairs"),
    5: ("learn", "memory", "numeracy"),
    6: ("stress", "change", "teamwork"),
}
MANY: Final = 7


def draw_categories(
    rng: np.random.Generator, able: np.ndarray[Any, np.dtype[np.int8]]
) -> list[list[tuple[int, int]]]:
    """(category, grade 1..4) of each person, the main one first. Multiple: a list, never only 7."""
    n = len(able)
    lack = np.column_stack(
        [(4 - able[:, [DIMENSION_AT[k] for k in keys]]).mean(axis=1) for keys in _SIGNS.values()]
    )
    seen = lack + rng.normal(0, 0.2, (n, len(_SIGNS)))
    order = np.argsort(-seen, axis=1, kind="stable")
    noise = rng.normal(0, 0.5, n)
    second = np.take_along_axis(seen, order[:, 1:2], axis=1)[:, 0]
    first = np.take_along_axis(seen, order[:, :1], axis=1)[:, 0]
    grade = np.clip(np.rint(4.4 - first + noise), 1, 4).astype(int).tolist()
    other = np.clip(np.rint(4.4 - second + noise), 1, 4).astype(int).tolist()
    return [
        [(a + 1, g), (b + 1, h)] if more > 2.0 else [(a + 1, g)]
        for (a, b), g, h, more in zip(
            order[:, :2].tolist(), grade, other, second.tolist(), strict=True
        )
    ]
