"""Forms: what a person typed becomes values, or every field's error at once with nothing lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final, Protocol, TypeVar

from multidict import MultiMapping

from services.i18n import N_, Message

Made = TypeVar("Made")
Typed = Mapping[str, tuple[str, ...]]

SPACES: Final = dict.fromkeys(map(ord, "\u3000\u00a0\u2007\u202f\t"), " ")
UNSEEN: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 0x200B, 0x200E, 0xFEFF))
DIGITS: Final = {0xFF10 + digit: str(digit) for digit in range(10)}
DAY: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
PARTS: Final = ("", "-month", "-day")  # of a date; the year carries the field's own name


class Upload(Protocol):
    """An uploaded file as aiohttp gives it."""

    filename: str
    file: Any


class Wrong(Exception):  # like Refusal: it is an answer, not a failure
    """One field's error; `parse` gathers them."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it is shown: what was typed, and what is wrong with it."""

    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, Message] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in the field, empty if nothing."""
        return next(iter(self.typed.get(name, ())), "")

    def chosen(self, name: str) -> tuple[str, ...]:
        """Every box that is ticked."""
        return self.typed.get(name, ())

    def error(self, name: str) -> str | None:
        """The field's error in the present language."""
        return str(self.errors[name]) if name in self.errors else None

    def summary(self) -> list[tuple[str, str]]:
        """(field, error) in the order of the form."""
        return [(name, str(message)) for name, message in self.errors.items()]


class Invalid(Exception):  # an answer, not a failure
    """Some fields are wrong: `errors` by field in the form's order, `typed` as it was given."""

    def __init__(self, errors: Mapping[str, Message], typed: Typed) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors
        self.typed = typed

    @property
    def filled(self) -> Filled:
        """The form to show again."""
        return Filled(self.typed, self.errors)


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `label` is a marked text (`N_`), as the page shows it."""

    name: str
    label: str
    required: bool = True
    absent: ClassVar[str] = N_("请填写{label}")
    empty: ClassVar[Any] = None  # the value of an optional question left open

    def names(self) -> tuple[str, ...]:
        """The names of its inputs."""
        return (self.name,)

    def parse(self, form: MultiMapping[Any]) -> Any:
        """The value. Raises `Wrong`."""
        given = clean(text_of(form, self.name))
        if not given:
            return self.nothing()
        return self.read(given)

    def nothing(self) -> Any:
        """The value of an open question. Raises `Wrong` if it must be answered."""
        if self.required:
            raise self.wrong(self.absent)
        return self.empty

    def read(self, given: str) -> Any:
        """The value of what was typed. Raises `Wrong`."""
        return given

    def write(self, value: Any) -> dict[str, tuple[str, ...]]:
        """The value as it stands in the inputs."""
        return {self.name: () if value is None else (str(value),)}

    def wrong(self, text: str, **values: object) -> Wrong:
        """The error, with the question's label in its `{label}`."""
        return Wrong(Message(text, label=Message(self.label), **values))


@dataclass(frozen=True, slots=True)
class Text(Field):
    """Words, at most `most` characters; `pattern` must match all of it, `format` says how."""

    least: int = 0
    most: int = 200
    pattern: str | None = None
    format: str = N_("{label}的格式不对，请检查后重新填写")
    empty: ClassVar[Any] = ""

    def read(self, given: str) -> str:
        if len(given) > self.most:
            raise self.wrong(
                N_("{label}最多{most}个字，现在有{count}个字"), most=self.most, count=len(given)
            )
        if len(given) < self.least:
            raise self.wrong(
                N_("{label}至少{least}个字，现在有{count}个字"), least=self.least, count=len(given)
            )
        if self.pattern is not None and not re.fullmatch(self.pattern, given):
            raise self.wrong(self.format)
        return given


@dataclass(frozen=True, slots=True)
class Integer(Field):
    """A whole number from `least` to `most`, both included."""

    least: int | None = 0
    most: int | None = None

    def read(self, given: str) -> int:
        digits = plain(given)
        if not re.fullmatch(r"[+-]?\d{1,15}", digits):
            raise self.wrong(N_("{label}须为整数，例如 12"))
        return within(self, int(digits), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Number(Field):
    """A decimal with at most `decimals` places, from `least` to `most`."""

    decimals: int = 2
    least: Decimal | None = Decimal(0)
    most: Decimal | None = None

    def read(self, given: str) -> Decimal:
        digits = plain(given)
        try:
            value = Decimal(digits)
        except InvalidOperation:
            raise self.wrong(N_("{label}须为数字，例如 8.5")) from None
        if not re.fullmatch(r"[+-]?\d{1,15}(\.\d*)?", digits):
            raise self.wrong(N_("{label}须为数字，例如 8.5"))
        if value != round(value, self.decimals):
            raise self.wrong(N_("{label}最多{decimals}位小数"), decimals=self.decimals)
        return within(self, value, self.least, self.most)


@dataclass(frozen=True, slots=True)
class Day(Field):
    """A date from three inputs (`name` year, `name-month`, `name-day`) or one in `name`."""

    least: date | None = None
    most: date | None = None

    def names(self) -> tuple[str, ...]:
        return tuple(self.name + part for part in PARTS)

    def parse(self, form: MultiMapping[Any]) -> date | None:
        year, month, day = (plain(text_of(form, name)) for name in self.names())
        if not (year or month or day):
            value: date | None = self.nothing()
            return value
        whole = DAY.fullmatch(year) if not (month or day) else None
        try:
            value = date(*(int(part) for part in (whole.groups() if whole else (year, month, day))))
        except (ValueError, OverflowError):
            raise self.wrong(N_("{label}须为真实的日期，例如 2026 年 11 月 23 日")) from None
        if self.least is not None and value < self.least:
            raise self.wrong(N_("{label}不能早于{least}"), least=self.least)
        if self.most is not None and value > self.most:
            raise self.wrong(N_("{label}不能晚于{most}"), most=self.most)
        return value

    def write(self, value: date | None) -> dict[str, tuple[str, ...]]:
        if value is None:
            return {}
        parts = (value.year, value.month, value.day)
        return {name: (str(part),) for name, part in zip(self.names(), parts, strict=True)}


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One of `options`; `convert` makes the value of it."""

    options: Sequence[str] = ()
    convert: Callable[[str], Any] = str
    absent: ClassVar[str] = N_("请选择{label}")

    def read(self, given: str) -> Any:
        if given not in self.options:
            raise self.wrong(N_("请从列出的选项中选择{label}"))
        return self.convert(given)


@dataclass(frozen=True, slots=True)
class Choices(Field):
    """Any of `options`, as a tuple in their order."""

    options: Sequence[str] = ()
    convert: Callable[[str], Any] = str
    absent: ClassVar[str] = N_("请至少选择一项{label}")
    empty: ClassVar[Any] = ()

    def parse(self, form: MultiMapping[Any]) -> tuple[Any, ...]:
        given = {str(one) for one in form.getall(self.name, ()) if one}
        if not given:
            value: tuple[Any, ...] = self.nothing()
            return value
        if given - set(self.options):
            raise self.wrong(N_("请从列出的选项中选择{label}"))
        return tuple(self.convert(one) for one in self.options if one in given)

    def write(self, value: Sequence[object]) -> dict[str, tuple[str, ...]]:
        return {self.name: tuple(str(one) for one in value)}


@dataclass(frozen=True, slots=True)
class Yes(Field):
    """A single box: true if ticked. `required` means it must be ticked."""

    absent: ClassVar[str] = N_("请勾选{label}")
    empty: ClassVar[Any] = False

    def read(self, given: str) -> bool:  # noqa: ARG002  # any value of a ticked box is yes
        return True

    def write(self, value: object) -> dict[str, tuple[str, ...]]:
        return {self.name: ("yes",) if value else ()}


@dataclass(frozen=True, slots=True)
class File(Field):
    """An upload whose name ends in one of `endings`, at most `most_bytes`; its bytes unread.

    The value is aiohttp's `FileField`. What the file really is, the storing action checks.
    """

    endings: Sequence[str] = (".pdf", ".jpg", ".jpeg", ".png")
    most_bytes: int = 20 * 1024 * 1024
    absent: ClassVar[str] = N_("请选择要上传的{label}")

    def parse(self, form: MultiMapping[Any]) -> Upload | None:
        given = next(iter(form.getall(self.name, ())), None)
        if given is None or isinstance(given, str | bytes) or not given.filename:
            value: Upload | None = self.nothing()
            return value
        upload: Upload = given
        if not upload.filename.lower().endswith(tuple(self.endings)):
            raise self.wrong(
                N_("{label}只接受这些格式的文件：{endings}"), endings=" ".join(self.endings)
            )
        size = upload.file.seek(0, 2)
        upload.file.seek(0)
        if size == 0:
            raise self.wrong(N_("{label}是空文件，请重新选择"))
        if size > self.most_bytes:
            raise self.wrong(
                N_("{label}不能超过{most} MB，请压缩后再上传"), most=self.most_bytes // 1024**2
            )
        return upload


def parse(made: Callable[..., Made], fields: Sequence[Field], form: MultiMapping[Any]) -> Made:
    """`made(**values)` of the whole form. Raises `Invalid` with every field's error at once."""
    values: dict[str, Any] = {}
    errors: dict[str, Message] = {}
    for one in fields:
        try:
            values[one.name.replace("-", "_")] = one.parse(form)
        except Wrong as wrong:
            errors[one.name] = wrong.message
    if errors:
        raise Invalid(errors, typed(fields, form))
    return made(**values)


def typed(fields: Sequence[Field], form: MultiMapping[Any]) -> Typed:
    """What was typed into these fields, exactly as it was typed; files cannot be kept."""
    return {
        name: tuple(one for one in form.getall(name, ()) if isinstance(one, str))
        for each in fields
        for name in each.names()
    }


def filled(fields: Sequence[Field], values: Mapping[str, Any]) -> Filled:
    """A form that shows stored values, for editing."""
    shown: dict[str, tuple[str, ...]] = {}
    for one in fields:
        key = one.name.replace("-", "_")
        if key in values:
            shown |= one.write(values[key])
    return Filled(shown)


def text_of(form: MultiMapping[Any], name: str) -> str:
    """The first text given under a name; an upload there is no text."""
    given = next(iter(form.getall(name, ())), "")
    return given if isinstance(given, str) else ""


def clean(given: str) -> str:
    """Full-width digits and spaces made ordinary, unseen characters gone, ends trimmed."""
    lines = given.replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(SPACES | UNSEEN | DIGITS).strip()


def plain(given: str) -> str:
    """A number or date as typed, full-width forms made ordinary, thousands marks gone."""
    return re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", clean(given))).replace("−", "-")


T = TypeVar("T", int, Decimal)


def within(question: Field, value: T, least: T | None, most: T | None) -> T:
    """The value if it lies between its bounds. Raises `Wrong`."""
    if least is not None and value < least:
        raise question.wrong(N_("{label}不能小于{least}"), least=least)
    if most is not None and value > most:
        raise question.wrong(N_("{label}不能大于{most}"), most=most)
    return value
