"""The sheets of a rubric's workbook: what stands in which column, and where in the document."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["text", "number", "flag", "codes", "json"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One column: its title, and the field of the record that it holds."""

    title: str
    field: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of thing. `path` leads from the document through lists to the list of its records;
    `codes` are the columns that say which entry of each list on the way. `by_key`: an object whose
    names are the first column."""

    name: str
    path: tuple[str, ...]
    cells: tuple[Cell, ...]
    codes: tuple[str, ...] = ()
    by_key: bool = False
    always: bool = True  # the list is there even if nothing stands in it


_ZH, _EN = Cell("中文", "zh"), Cell("英文", "en")
_NAMES: Final = (Cell("名称（中文）", "name_zh"), Cell("名称（英文）", "name_en"))
_ID, _POINTS = Cell("编号", "id"), Cell("分值", "points", "number")
_SOURCES = Cell("来源", "sources", "codes")
_OF = Cell("所属指标", "of")


def _stage(title: str, name: str) -> tuple[Cell, ...]:
    at = f"stages.{name}"
    return (
        Cell(f"{title}：计分指标", f"{at}.items", "codes"),
        Cell(f"{title}：一级指标设最低线的分值", f"{at}.section_minimum_from_points", "number"),
        Cell(f"{title}：可评示范", f"{at}.demonstration", "flag"),
        Cell(f"{title}：说明（中文）", f"{at}.zh"),
        Cell(f"{title}：说明（英文）", f"{at}.en"),
    )


ONE: Final = Sheet(
    "总表",
    (),
    (
        _ID,
        Cell("版本", "version"),
        Cell("依据（中文）", "basis_note.zh"),
        Cell("依据（英文）", "basis_note.en"),
        Cell("总分", "total", "number"),
        Cell("不适用上限", "na_policy.max_points", "number"),
        Cell("不适用说明（中文）", "na_policy.zh"),
        Cell("不适用说明（英文）", "na_policy.en"),
        Cell("无案例时（中文）", "no_cases.zh"),
        Cell("无案例时（英文）", "no_cases.en"),
        Cell("加分上限", "bonus.max", "number"),
        Cell("加分用途", "bonus.only_for"),
        *_stage("准入", "admission"),
        *_stage("运行", "operation"),
    ),
)
LISTS: Final = (
    Sheet("一级指标", ("level1",), (_ID, *_NAMES, _POINTS)),
    Sheet("二级指标", ("level2",), (_ID, Cell("一级指标", "l1"), *_NAMES, _POINTS)),
    Sheet(
        "指标",
        ("items",),
        (
            _ID,
            Cell("二级指标", "l2"),
            *_NAMES,
            _POINTS,
            Cell("阶段", "stage"),
            Cell("核心", "core", "flag"),
            Cell("可不适用", "na_allowed", "flag"),
            Cell("重要程度", "criticality"),
            Cell("S有据R自拟", "basis"),
            _SOURCES,
            Cell("查证方式", "method"),
            Cell("由记录计算", "auto_from_data", "flag"),
            Cell("计分方式", "score_type"),
            Cell("备注", "note"),
            Cell("变量", "rule.variable"),
            Cell("方向", "rule.direction"),
            Cell("分子", "rule.numerator"),
            Cell("分母", "rule.denominator"),
            Cell("目标", "rule.target", "number"),
            Cell("下限", "rule.floor", "number"),
            Cell("分子可大于分母", "rule.may_exceed", "flag"),
            Cell("每项分", "rule.each", "number"),
            Cell("满分", "rule.full", "number"),
            Cell("起始分", "rule.start", "number"),
            Cell("最低分", "rule.min", "number"),
            Cell("案例数", "rule.cases"),
            Cell("代替的规则", "rule.instead", "json"),
        ),
    ),
    Sheet("证据", ("items", "evidence"), (_OF, _ZH, _EN), ("of",)),
    Sheet(
        "变量",
        ("items", "variables"),
        (
            _OF,
            Cell("变量", "key"),
            _ZH,
            _EN,
            Cell("种类", "kind"),
            Cell("单位", "unit"),
            Cell("最大值", "most", "number"),
        ),
        ("of",),
    ),
    Sheet(
        "选项",
        ("items", "variables", "choices"),
        (
            _OF,
            Cell("所属变量", "variable"),
            Cell("选项", "key"),
            _ZH,
            _EN,
            Cell("值", "value", "number"),
        ),
        ("of", "variable"),
        always=False,
    ),
    Sheet(
        "档次",
        ("items", "rule.tiers"),
        (
            _OF,
            _POINTS,
            _ZH,
            _EN,
            Cell("界限", "at", "number"),
            Cell("选项", "choice"),
            Cell("条件", "when", "json"),
        ),
        ("of",),
        always=False,
    ),
    Sheet(
        "清单", ("items", "rule.items"), (_OF, Cell("编号", "key"), _ZH, _EN), ("of",), always=False
    ),
    Sheet(
        "附加条件",
        ("items", "rule.conditions"),
        (_OF, Cell("条件", "test", "json"), Cell("不满足时", "else"), _ZH, _EN),
        ("of",),
        always=False,
    ),
    Sheet("等级", ("grades",), (Cell("等级", "code"), _ZH, _EN, Cell("最低分", "min", "number"))),
    Sheet(
        "最低线",
        ("minima",),
        (
            _ID,
            _ZH,
            _EN,
            Cell("范围", "select"),
            Cell("所含编号", "of", "codes"),
            Cell("最低比例", "min_share", "number"),
            Cell("用于等级", "for"),
        ),
    ),
    Sheet("一票否决", ("vetoes",), (_ID, *_NAMES, Cell("后果", "effect", "codes"), _SOURCES)),
    Sheet("加分", ("bonus.items",), (_ID, *_NAMES, _POINTS, _SOURCES)),
    Sheet("来源", ("sources",), (Cell("编号", "key"), _ZH, _EN), by_key=True),
    Sheet("单位", ("units",), (Cell("编号", "key"), _ZH, _EN), by_key=True),
)
