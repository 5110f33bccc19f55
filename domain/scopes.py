"""What a third party's token may be for: one scope a resource (tender A5.1, B2.3).

A member of staff can hand on only what staff may do themselves, so the writing scopes belong to
systems (client credentials) alone.
"""

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "ris": "登记检查和报告、取得二维码",
    "exams.read": "按影像号或身份证号查询检查",
    "dicomweb.read": "查询和调阅影像(DICOMweb)",
    "dicomweb.write": "上传影像(DICOMweb)",
    "fhir.read": "读取患者、检查和报告(FHIR)",
}
STAFF_SCOPES: Final = frozenset(("exams.read", "dicomweb.read", "fhir.read"))


def scopes_in(text: str) -> tuple[str, ...]:
    """The scopes of a space-separated list, each once, in the order of SCOPES; unknown ones are
    left out."""
    wanted = set(text.split())
    return tuple(name for name in SCOPES if name in wanted)


def unknown_scopes(text: str) -> list[str]:
    return sorted(set(text.split()) - set(SCOPES))
