"""The questions of a rubric's items as form fields: what was typed becomes measures, and back."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from multidict import MultiMapping

from accreditation.clauses import Kind, Variable
from accreditation.errors import BadValue
from accreditation.rubric import Item
from services.i18n import Message
from services.web.forms import Filled, clean, plain, text_of


def name_of(item: Item, variable: Variable) -> str:
    """The name of a variable's input; two items may ask for the same variable."""
    return f"{item.id}.{variable.key}"


def parse(
    items: Sequence[Item], form: MultiMapping[Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, Message]]:
    """Measures by item and errors by input. What is left open is left out, and is no error."""
    measures: dict[str, dict[str, Any]] = {}
    errors: dict[str, Message] = {}
    for item in items:
        for variable in item.variables:
            name = name_of(item, variable)
            given = clean(text_of(form, f"{name}-named")) or clean(text_of(form, name))
            if not given:
                continue
            try:
                raw = _raw(variable, given)
                variable.read(raw)
            except BadValue as bad:
                errors[name] = Message(bad.text, **bad.values)
            else:
                measures.setdefault(item.id, {})[variable.key] = raw
    return measures, errors


def _raw(variable: Variable, given: str) -> object:
    if variable.kind is Kind.YES_NO:
        return {"yes": True, "no": False}.get(given, given)
    if variable.kind is Kind.CHOICE or any(given == choice.key for choice in variable.choices):
        return given
    try:
        return Decimal(plain(given))
    except InvalidOperation:
        return given


def typed(
    items: Sequence[Item], form: MultiMapping[Any], more: Sequence[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Everything that was typed into the items' inputs and those named in `more`."""
    names = [name_of(item, v) for item in items for v in item.variables]
    names += [f"{name}-named" for name in names] + list(more)
    return {name: (text_of(form, name),) for name in names}


def filled(
    items: Sequence[Item], measures: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Stored measures as they stand in the inputs."""
    shown: dict[str, tuple[str, ...]] = {}
    for item in items:
        values = measures.get(item.id, {})
        for variable in item.variables:
            if variable.key not in values:
                continue
            value, name = values[variable.key], name_of(item, variable)
            if isinstance(value, bool):
                shown[name] = ("yes" if value else "no",)
            elif isinstance(value, str) and variable.kind is not Kind.CHOICE:
                shown[f"{name}-named"] = (value,)
            else:
                shown[name] = (str(value),)
    return shown


def form_of(values: Mapping[str, tuple[str, ...]], errors: Mapping[str, Message]) -> Filled:
    return Filled(dict(values), dict(errors))
