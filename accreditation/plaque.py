"""The number on a base's plaque (标牌), which anyone can check. The format is our default."""

import re
from dataclasses import dataclass
from typing import Final

from accreditation.errors import BadValue

SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FORM: Final = re.compile(r"YP-(\d{6})-(\d{4})-(\d{4})-([0-9A-Z])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Plaque:
    """The `serial`-th base of `county` (its six-digit code) accredited in `year`.

    Written as YP-410102-2026-0007-R; the last sign is a check character (ISO/IEC
    7064, MOD 37,36), so that one mistyped sign is noticed. Raises BadValue.
    """

    county: str
    year: int
    serial: int

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d{6}", self.county, re.ASCII):
            raise BadValue("县（市、区）代码应为6位数字：{county}", county=self.county)
        if not 1 <= self.serial <= 9999:
            raise BadValue("标牌序号应在1到9999之间：{serial}", serial=self.serial)
        if not 1000 <= self.year <= 9999:
            raise BadValue("标牌年份应为4位数字：{year}", year=self.year)

    def __str__(self) -> str:
        return f"YP-{self.county}-{self.year}-{self.serial:04}-{self.check_sign}"

    @property
    def check_sign(self) -> str:
        """The last sign of the number."""
        return _check_sign(f"YP{self.county}{self.year}{self.serial:04}")


def read(written: str) -> Plaque:
    """The plaque whose number was typed or scanned; case and spaces do not matter.

    Raises BadValue if the form is wrong or the check character does not fit.
    """
    found = FORM.fullmatch("".join(written.split()).upper())
    if not found:
        raise BadValue("标牌编号的写法应如YP-410102-2026-0007-R")
    county, year, serial, sign = found.groups()
    plaque = Plaque(county, int(year), int(serial))
    if sign != plaque.check_sign:
        raise BadValue("标牌编号的校验位不对，请核对标牌")
    return plaque


def _check_sign(body: str) -> str:
    """ISO/IEC 7064 MOD 37,36 over digits and capital letters."""
    carried = 36
    for sign in body:
        carried = (carried + SIGNS.index(sign)) % 36 or 36
        carried = carried * 2 % 37
    return SIGNS[(37 - carried) % 36]
