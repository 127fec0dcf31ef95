"""The posts that employers order: work types with a demand profile, and how often each comes."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Trade:
    name: str  # the name of its profile in job_profiles.json
    code: str
    share: float  # of the orders
    wage_yuan: int  # typical least monthly wage
    home: float  # share of the orders that may be done at home
    skill_asked: float  # share of the orders that require the skill


# Shares and wages are assumed.
_RAW: Final = (
    ("保健按摩师", "4-10-04-02", 0.08, 3200, 0.0, 0.8),
    ("缝纫工", "6-05-01-03", 0.13, 2900, 0.05, 0.3),
    ("电子设备装接工", "6-25-04-07", 0.11, 3100, 0.0, 0.2),
    ("包装工", "6-31-05-00", 0.1, 2600, 0.02, 0.0),
    ("云客服", "4-04-05-03", 0.08, 2900, 0.5, 0.1),
    ("呼叫中心服务员", "4-04-05-03", 0.04, 3000, 0.25, 0.1),
    ("数据标注员", "4-04-05-05", 0.07, 2700, 0.55, 0.15),
    ("打字员", "3-01-02-05", 0.03, 2500, 0.35, 0.2),
    ("直播销售员", "4-01-06-02", 0.04, 3200, 0.25, 0.1),
    ("中式面点师", "4-03-02-02", 0.05, 3300, 0.0, 0.4),
    ("保洁员", "4-09-08-01", 0.07, 2200, 0.0, 0.0),
    ("抽纱刺绣工", "6-09-03-11", 0.03, 2400, 0.45, 0.3),
    ("剪纸", "6-09-03-19", 0.01, 2200, 0.5, 0.3),
    ("养老护理员", "4-10-01-05", 0.02, 3200, 0.0, 0.3),
    ("食用菌生产工", "5-01-02-03", 0.04, 2400, 0.0, 0.05),
    ("网约配送员", "4-10-08-01", 0.01, 4000, 0.0, 0.0),
    ("仓储管理员", "4-02-06-01", 0.04, 2900, 0.0, 0.1),
    ("咖啡师", "4-03-02-08", 0.02, 3100, 0.0, 0.3),
    ("美甲师", "4-10-03-03", 0.01, 3200, 0.0, 0.4),
    ("汽车清洗", "4-12-01-01", 0.02, 2600, 0.0, 0.0),
)
ORDER_TRADES: Final = tuple(Trade(*row) for row in _RAW)
