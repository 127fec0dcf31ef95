"""A simulated province, seeded and documented in docs/simulator.md."""

from services.simulator.load import load
from services.simulator.province import Province, generate
from services.simulator.scales import PROVINCE, SCALES, SMALL, Scale

__all__ = ["PROVINCE", "SCALES", "SMALL", "Province", "Scale", "generate", "load"]
