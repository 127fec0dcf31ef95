"""Who may sit in judgement: nobody on what they took part in (ISO/IEC 17011)."""

from collections.abc import Collection


def apart(members: Collection[str], involved: Collection[str]) -> bool:
    """Whether there are members and none of them was involved.

    For a decision panel the involved are the assessors and the base's advisers; for
    a review or appeal panel, everyone who took part in the case before.
    """
    return bool(members) and not set(members) & set(involved)
