"""From what was shown and how it ended to a scorecard, if the outcomes prove one. Changes nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from matching.engine.learning.card import PROSPECTS, WISHES
from matching.engine.learning.stages import UNKNOWN, Learned, Outcomes, learn
from services.db import Conn, learning
from services.db.learning import OutcomeRow

# What the state of an offer says of a stage; one that is not named says nothing (yet).
ACCEPTED: Final = {"accepted": 1, "hired": 1, "not_hired": 1, "declined": 0, "lapsed": 0}
HIRED: Final = {"hired": 1, "not_hired": 0}


def outcomes(rows: Sequence[OutcomeRow]) -> Outcomes:
    """The rows as the learner takes them.

    Whether somebody is still there at six months is not recorded yet: so P cannot be learned.
    """
    n = len(rows)
    return Outcomes(
        np.array([row.pseudonym for row in rows], np.int64),
        np.array([row.day.toordinal() for row in rows], np.int64),
        np.array([row.wishes for row in rows], np.int8).reshape(n, len(WISHES)),
        np.array([row.prospects for row in rows], np.int8).reshape(n, len(PROSPECTS)),
        np.array([ACCEPTED.get(row.state, UNKNOWN) for row in rows], np.int8),
        np.array([HIRED.get(row.state, UNKNOWN) for row in rows], np.int8),
        np.full(n, UNKNOWN, np.int8),
        np.array([row.propensity for row in rows], np.float64),
    )


async def learned(conn: Conn, today: date, *, simulated: bool) -> Learned:
    """What the log teaches by today; `conn` speaks for the program itself."""
    return learn(outcomes(await learning.outcomes.all(conn, simulated)), today)
