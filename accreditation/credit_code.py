"""The unified social credit code (统一社会信用代码), GB 32100-2015."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accreditation.errors import BadValue

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z
WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

REGISTRARS: Final = frozenset("123456789ANY")  # position 1: who registered the body
OTHER: Final = "其他"
KINDS: Final[Mapping[str, str]] = {  # positions 1 and 2
    "11": "机关",
    "12": "事业单位",
    "13": "群团组织",
    "51": "社会团体",
    "52": "民办非企业单位",
    "53": "基金会",
    "91": "企业",
    "92": "个体工商户",
    "93": "农民专业合作社",
    "N1": "组级集体经济组织",
    "N2": "村级集体经济组织",
    "N3": "乡镇级集体经济组织",
}


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A code that holds. `kind` is the type of body, `area` the registrar's division."""

    code: str
    kind: str
    area: str


def read(written: str) -> CreditCode:
    """The code that was written, without spaces and in capitals.

    Only the first position is held to its list: a village collective's code begins
    with N2, so the leading eight characters need not be digits. Raises BadValue.
    """
    code = "".join(written.split()).upper()
    if len(code) != 18:
        raise BadValue("统一社会信用代码应为18位，现为{length}位", length=len(code))
    if wrong := [sign for sign in code if sign not in ALPHABET]:
        raise BadValue("统一社会信用代码里不会有“{sign}”", sign=wrong[0])
    if code[0] not in REGISTRARS:
        raise BadValue("统一社会信用代码的第1位不会是“{sign}”", sign=code[0])
    if code[17] != check_sign(code[:17]):
        raise BadValue("统一社会信用代码的校验位不对，请核对登记证书")
    return CreditCode(code, KINDS.get(code[:2], OTHER), code[2:8])


def is_valid(written: str) -> bool:
    """Whether `read` would take it."""
    try:
        read(written)
    except BadValue:
        return False
    return True


def check_sign(body: str) -> str:
    """The 18th character for the first 17, all of them from ALPHABET."""
    total = sum(ALPHABET.index(sign) * weight for sign, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]
