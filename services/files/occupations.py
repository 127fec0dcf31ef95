"""What two files call occupations but is no code: told with the likely code, never changed."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from matching.engine.orders import Order
from matching.engine.people import Person
from matching.engine.titles.classification import classification
from matching.engine.titles.model import shipped


class Suggested(TypedDict):
    """A word of the files and the code it may mean; code '' if it names no job."""

    occupation: str
    code: str
    name: str
    probability: float


def suggested(people: Iterable[Person], orders: Iterable[Order]) -> list[Suggested]:
    """One entry for each word that is no code, in the order of the words.

    Occupations are compared as they are written, so a word and its code do not meet.
    """
    words = {skill.occupation for person in people for skill in person.skills}
    words |= {word for person in people for word in (*person.wanted, *person.avoided)}
    for order in orders:
        words |= {order.occupation, *order.preferred}
        words |= {skill.occupation for skill in (*order.required, *order.teaches)}
    return _read(sorted(words - set(classification()) - {""}))


def _read(words: Sequence[str]) -> list[Suggested]:
    out: list[Suggested] = []
    for answer in shipped().answer(words, 1) if words else ():
        best = next(iter(answer.candidates), None)
        out.append(
            {
                "occupation": answer.title,
                "code": best.code if best else "",
                "name": best.name if best else "",
                "probability": best.probability if best else 0.0,
            }
        )
    return out
