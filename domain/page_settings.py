"""What an administrator decides about the page for retrieval without a code (tender C2.1, E4):
whether it is open, which conditions it asks for, and its words. Digits are always asked."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Final, get_type_hints

from domain.errors import Invalid

NUMBERS: Final = ("number", "accession_number", "patient_number")
CONDITIONS: Final = ("name", *NUMBERS, "phone")
LABELS: Final = {
    "name": "患者姓名",
    "number": "检查号或就诊卡号",
    "accession_number": "检查号",
    "patient_number": "就诊卡号",
    "phone": "登记的手机号",
}
MAX_TEXT: Final = 300


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """`conditions` are asked in this order; all have to agree."""

    is_open: bool = True
    conditions: tuple[str, ...] = ("name", "number")
    title: str = "手工查询检查结果"
    note: str = ""
    fee_note: str = ""
    hint: str = "检查号在报告单和登记单上。手边有二维码的,直接扫码更快。"
    closed_text: str = "医院没有开放手工查询,请扫描报告单上的二维码。"

    def as_values(self) -> dict[str, Any]:
        return {**asdict(self), "conditions": list(self.conditions)}


def parse_query_settings(values: dict[str, Any]) -> QuerySettings:
    """Invalid says which value is wrong. What is left out keeps its default."""
    hints = get_type_hints(QuerySettings)
    unknown = values.keys() - {one.name for one in fields(QuerySettings)}
    if unknown:
        raise _wrong(f"没有这些设置:{'、'.join(sorted(unknown))[:80]}。")
    for name, value in values.items():
        if name == "conditions":
            continue
        if not isinstance(value, hints[name]):
            raise _wrong(f"{name} 的类型不对。")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise _wrong(f"{name} 最多 {MAX_TEXT} 个字。")
    if not values.get("title", "-") or not values.get("closed_text", "-"):
        raise _wrong("标题和关闭时的说明不能为空。")
    conditions = _conditions(values.get("conditions", list(QuerySettings().conditions)))
    return QuerySettings(**{**values, "conditions": conditions})


def _conditions(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > len(CONDITIONS):
        raise _wrong("conditions 应为列表。")
    if any(one not in CONDITIONS for one in value) or len(set(map(str, value))) != len(value):
        raise _wrong(f"查询条件只能从 {'、'.join(CONDITIONS)} 中选,不能重复。")
    if "name" not in value or not set(value) & {*NUMBERS, "phone"}:
        raise _wrong("查询条件应有姓名,和至少一个号码。")
    return tuple(value)


def _wrong(message: str) -> Invalid:
    return Invalid("page_settings_malformed", message)
