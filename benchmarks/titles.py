"""Job titles to occupation codes: agreement with labelled titles, beside what else one would take.

./run bench titles --json                  cross-validation on the shipped titles, with peers
./run bench titles --test FILE --json      the shipped model on any CSV with columns title,code
./run bench titles --build                 fits the shipped model anew from the shipped lists
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from benchmarks import _machine
from matching.engine.titles import training
from matching.engine.titles.calibration import (
    PRECISION,
    coverage_at,
    expected_calibration_error,
    groups,
    shares,
)
from matching.engine.titles.classification import LEVELS, group, nicknames
from matching.engine.titles.cleaning import plain
from matching.engine.titles.model import SHIPPED, Model, shipped
from matching.engine.titles.training import Example, Fit

SEEDS = (0, 1, 2)  # of the division into folds; figures are means
MOST = 5
TIMED_AT_LEAST = 20_000  # titles; a small file is read several times over

Codes = list[list[str]]


def read(path: Path) -> list[Example]:
    """A CSV with columns title and code, UTF-8 with or without BOM, or GB18030."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    rows = list(csv.DictReader(text.splitlines()))
    if not rows or not {"title", "code"} <= set(rows[0]):
        raise SystemExit(f"{path}: no rows, or no columns title and code")
    return [Example(row["title"], row["code"].strip(), "title") for row in rows]


def agreement(told: Codes, truth: Sequence[str]) -> dict[str, float]:
    """Shares of titles whose label is first, among the first five, or in the same group."""
    first = [one[0] if one else "" for one in told]
    pairs = list(zip(first, truth, strict=True))
    return {
        "top1": _mean([a == b for a, b in pairs]),
        "top5": _mean([b in one[:MOST] for one, b in zip(told, truth, strict=True)]),
        **{
            level: _mean([bool(a) and group(a, level) == group(b, level) for a, b in pairs])
            for level in ("major", "middle")
        },
    }


def _mean(right: Sequence[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


def _interval(told: Codes, truth: Sequence[str]) -> list[float]:
    """95 % of the share of first answers, by bootstrap over titles."""
    right = np.array([one[:1] == [b] for one, b in zip(told, truth, strict=True)])
    drawn = np.random.default_rng(0).integers(0, len(right), (2000, len(right)))
    return [round(float(q), 4) for q in np.quantile(right[drawn].mean(axis=1), (0.025, 0.975))]


def sureness(sure: Any, right: Any) -> dict[str, float]:
    """How far the stated probability can be relied on."""
    return {
        "coverage_at_90": round(coverage_at(sure, right, PRECISION)[0], 4),
        "right_at_half": round(float(right[np.argsort(-sure)][: len(right) // 2].mean()), 4),
        "ece": round(expected_calibration_error(sure, right), 4),
    }


def on_file(model: Model, titles: Sequence[Example]) -> dict[str, Any]:
    """The shipped model on labelled titles that it has not seen."""
    texts, truth = [one.text for one in titles], [one.code for one in titles]
    answers = model.answer(texts, MOST)
    told = [[one.code for one in answer.candidates] for answer in answers]
    sure = np.array([a.candidates[0].probability if a.candidates else 0.0 for a in answers])
    right = np.array([one[:1] == [b] for one, b in zip(told, truth, strict=True)])
    levels = {
        level: [a for a in zip(answers, truth, strict=True) if a[0].level == level]
        for level in LEVELS
    }
    seen = {one.text for one in training.labelled()}
    return {
        **agreement(told, truth),
        "top1_interval_95": _interval(told, truth),
        **sureness(sure, right),
        "answered": {
            level: {
                "share": round(len(some) / len(titles), 4),
                "right": _mean(
                    [a.sure is not None and group(b, level) == a.sure.code for a, b in some]
                ),
            }
            for level, some in levels.items()
        },
        "titles_also_trained_on": sum(one in seen for one in texts),
    }


def cross_validated(seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Held-out folds of the shipped titles; calibration is fitted on other folds than it judges.

    `twins_together`: near-duplicates share a fold. `drawn`: each title for itself, as a part held
    back at random is.
    """
    titles = training.labelled()
    learnt = training.examples()
    solved = training.solve(learnt)
    out: dict[str, Any] = {}
    rng = np.random.default_rng
    for name in ("twins_together", "drawn"):
        runs = []
        for seed in seeds:
            folds = (
                training.folds_of(titles, seed)
                if name == "twins_together"
                else rng(seed).integers(0, training.FOLDS, len(titles))
            )
            fit = training.held_out(solved, folds)
            runs.append(_judged(fit, titles, folds))
            if name == "twins_together" and seed == seeds[0]:
                own = np.flatnonzero(folds == 0)
                out["on_the_fold_of_the_peers"] = agreement(
                    _told(fit.scores[own], fit.codes), [titles[at].code for at in own]
                )
        out[name] = {key: round(float(np.mean([run[key] for run in runs])), 4) for key in runs[0]}
    return out


def _judged(fit: Fit, titles: Sequence[Example], folds: Any) -> dict[str, float]:
    truth = [one.code for one in titles]
    told = _told(fit.scores, fit.codes)
    sure, right = {}, {}
    for level in LEVELS:
        places = groups(fit.codes, level)[1]
        sure[level], right[level] = np.zeros(len(titles)), np.zeros(len(titles), bool)
        for fold in np.unique(folds):
            own, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            calibration = fit.calibration(others)
            scores = fit.scores[own]
            said = calibration.judge(shares(scores), scores, fit.known[own], places, level)
            sure[level][own] = said.probability
            right[level][own] = said.best == places[fit.truth[own]]
    return {
        **agreement(told, truth),
        **sureness(sure["code"], right["code"]),
        **{
            f"coverage_at_90_{level}": coverage_at(sure[level], right[level], PRECISION)[0]
            for level in LEVELS
        },
    }


def _told(scores: Any, codes: Sequence[str]) -> Codes:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :MOST]
    return [[codes[at] for at in row] for row in order.tolist()]


def label_agreement(titles: Sequence[Example]) -> dict[str, float]:
    """How often two near-duplicates carry one label: a ceiling for what any model can agree with."""
    twins = training.twins([one.text for one in titles])
    codes = np.array([one.code for one in titles])
    met = same = number = 0.0
    for twin in np.unique(twins[np.bincount(twins)[twins] > 1]):
        its = codes[twins == twin]
        _, counts = np.unique(its, return_counts=True)
        number += 1
        met += len(its)
        same += float((counts * (counts - 1)).sum()) / (len(its) * (len(its) - 1))
    return {"titles_with_twins": met, "groups": number, "same_label": round(same / number, 4)}


def fuzzy(train: Sequence[Example], texts: Sequence[str]) -> Codes:
    """rapidfuzz to names and aliases."""
    names = list(nicknames())
    scores = process.cdist(
        [plain(one) for one in texts],
        [plain(name) for name, _ in names],
        scorer=fuzz.WRatio,
        workers=-1,
        dtype=np.uint8,
    )
    return [
        _first([names[at][1] for at in np.argsort(-row, kind="stable")[:40]])
        for row in scores.astype(int)
    ]


def zero_shot(train: Sequence[Example], texts: Sequence[str]) -> Codes:
    """Cosine of character TF-IDF to names and aliases."""
    names = list(nicknames())
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 2))
    held = tfidf.fit_transform([name for name, _ in names])
    near = (tfidf.transform(texts) @ held.T).toarray()
    return [_first([names[at][1] for at in np.argsort(-row, kind="stable")[:40]]) for row in near]


def linear_svc(train: Sequence[Example], texts: Sequence[str]) -> Codes:
    """LinearSVC on character 1-3-grams of titles, names and aliases, as typed."""
    pairs = [(one.text, one.code) for one in train] + list(nicknames())
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    fitted = LinearSVC().fit(
        tfidf.fit_transform([text for text, _ in pairs]), [code for _, code in pairs]
    )
    scores = fitted.decision_function(tfidf.transform(texts))
    return [[str(fitted.classes_[at]) for at in np.argsort(-row)[:MOST]] for row in scores]


PEERS: dict[str, Callable[[Sequence[Example], Sequence[str]], Codes]] = {
    "rapidfuzz": fuzzy,
    "char_tfidf": zero_shot,
    "linear_svc": linear_svc,
}


def _first(codes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(codes))[:MOST]


def peers(train: Sequence[Example], test: Sequence[Example]) -> dict[str, dict[str, float]]:
    """What a user would take instead, on the same titles in the same run."""
    out = {}
    for name, told_by in PEERS.items():
        took, told = _machine.timed(
            lambda told_by=told_by: told_by(train, [one.text for one in test])
        )
        out[name] = {**agreement(told, [one.code for one in test]), "seconds": round(took, 2)}
    return out


def speed(model: Model, titles: Sequence[Example], rounds: int = 3) -> dict[str, float]:
    """Titles a second in one batch, by the wall and by processor time; seconds of a fresh load."""
    texts = [one.text for one in titles]
    texts = (texts * (TIMED_AT_LEAST // len(texts) + 1))[:TIMED_AT_LEAST]
    by_wall, by_processor = [], []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        model.answer(texts, MOST)
        by_wall.append(time.perf_counter() - wall)
        by_processor.append(time.process_time() - processor)
    loaded, _ = _machine.timed(lambda: Model.from_bytes(SHIPPED.read_bytes()))
    return {
        "titles_per_second": round(len(texts) / float(np.median(by_wall))),
        "titles_per_processor_second": round(len(texts) / float(np.median(by_processor))),
        "load_seconds": round(loaded, 3),
    }


def measured(test: Path | None, with_peers: bool) -> dict[str, Any]:
    """Everything, for --json."""
    titles = read(test) if test else list(training.labelled())
    result: dict[str, Any] = {"data": str(test.name) if test else "shipped titles, cross-validated"}
    result["titles"] = len(titles)
    result["digest"] = _machine.digest([(one.text, one.code) for one in titles])
    if test:
        result["ours"] = on_file(shipped(), titles)
        train, asked = training.labelled(), titles
    else:
        result["ours"] = cross_validated()
        result["labels"] = label_agreement(titles)
        folds = training.folds_of(titles)
        asked = [one for one, fold in zip(titles, folds, strict=True) if fold == 0]
        train = tuple(one for one, fold in zip(titles, folds, strict=True) if fold != 0)
    if with_peers:
        result["peers"] = peers(train, asked)
        result["peers_on"] = "the file" if test else f"fold 0, twins together, {len(asked)} titles"
    result |= speed(shipped(), titles)
    result["model_bytes"] = len(SHIPPED.read_bytes())
    result["model_is_of_this_data"] = Model.from_bytes(SHIPPED.read_bytes())[1] == training.digest()
    result["machine"] = _machine.facts()
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one measurement, or builds the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--test", type=Path, help="a CSV with columns title and code")
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    parser.add_argument("--build", action="store_true", help="fit and write the shipped model")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.build:
        training.build()
        return 0
    result = measured(asked.test, not asked.no_peers)
    if asked.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(_machine.line())
        _show(result)
    return 0


def _show(result: dict[str, Any], within: str = "") -> None:
    for name, value in result.items():
        if isinstance(value, dict):
            _show(value, f"{within}{name}.")
        else:
            print(f"{within + name:44} {value}")


if __name__ == "__main__":
    raise SystemExit(main())
