"""Five thousand bases scored anew, item by item, in exact fractions.

./run bench rescore --json [--bases 5000] [--rounds 3] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from accreditation.clauses import Values
from accreditation.rubric import Rubric, Stage, default_rubric
from accreditation.scoring import Result, Scorer, Sheet
from benchmarks import _machine
from services.files.score import example_sheet, read_sheet

OWED_SECONDS = 5.0


def sheets(rubric: Rubric, count: int, seed: int) -> list[Sheet]:
    """Sheets of bases in operation: answers changed, some without evidence."""
    rng = random.Random(seed)
    example = read_sheet(example_sheet(rubric, Stage.OPERATION), rubric)
    made = []
    for _ in range(count):
        measures = {code: _moved(rng, values) for code, values in example.measures.items()}
        unproven = frozenset(rng.sample(sorted(measures), rng.randint(0, 6)))
        kept = {code: values for code, values in measures.items() if code not in unproven}
        made.append(replace(example, measures=kept, not_evidenced=unproven))
    return made


def _moved(rng: random.Random, values: Values) -> Values:
    """Some answers turned to no; a single number lowered (parts stay below their wholes)."""
    numbers = [key for key, value in values.items() if isinstance(value, Decimal)]
    return {
        key: rng.random() < 0.8
        if value is True
        else Decimal(rng.randint(0, int(value)))
        if numbers == [key]
        else value
        for key, value in values.items()
    }


def main(arguments: Sequence[str]) -> int:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    rubric = default_rubric()
    asked = sheets(rubric, chosen.bases, chosen.seed)

    def work() -> list[Result]:
        scorer = Scorer(rubric)
        return [scorer.score(one) for one in asked]

    found = _machine.interleaved({"score": work}, chosen.rounds)["score"]
    totals = [str(one.total) for one in found.result]
    told = {
        "measurement": "rescore",
        "machine": _machine.facts(),
        "data": {"seed": chosen.seed, "bases": chosen.bases, "items": len(rubric.items)},
        "digest": _machine.digest([sorted(map(str, one.measures.items())) for one in asked[:100]]),
        "results": _machine.digest(totals),
        "seconds": round(found.median, 3),
        "owed_seconds": OWED_SECONDS,
        "items_a_second": round(chosen.bases * len(rubric.items) / found.median),
    }
    if chosen.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(_machine.line())
        print(
            f"{chosen.bases} bases of {len(rubric.items)} items: {found.median:.2f} s (owed {OWED_SECONDS} s)"
        )
    return 0
