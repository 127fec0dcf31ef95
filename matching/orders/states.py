"""The life of an order, from a draft to a closed one: which moves are lawful."""

from typing import Final

from matching.errors import IllegalMove, Refusal

DRAFT: Final = "draft"
EDITABLE: Final = frozenset({"draft", "returned"})

# Row for row those of the table order_move (a test holds the two equal).
MOVES: Final = frozenset(
    {
        ("draft", "submit", "submitted"),
        ("submitted", "return", "returned"),
        ("returned", "submit", "submitted"),
        ("submitted", "open", "open"),
        ("open", "close", "closed"),
        ("draft", "cancel", "cancelled"),
        ("submitted", "cancel", "cancelled"),
        ("returned", "cancel", "cancelled"),
        ("open", "cancel", "cancelled"),
    }
)
_TARGETS: Final = {(source, event): target for source, event, target in MOVES}
NEEDS_REASON: Final = frozenset({"return", "cancel"})


def move(source: str, event: str, reason: str = "") -> str:
    """The state after `event`. Raises IllegalMove, or Refusal for a missing reason."""
    target = _TARGETS.get((source, event))
    if target is None:
        raise IllegalMove("订单现在的状态不允许这一步操作，请刷新页面查看最新状态")
    if event in NEEDS_REASON and not reason.strip():
        raise Refusal("请写明理由，对方会看到")
    return target


def check_editable(state: str) -> None:
    """Raises IllegalMove unless the employer may still change the order."""
    if state not in EDITABLE:
        raise IllegalMove("订单已提交，不能再修改；如需修改请先请县残联退回")
