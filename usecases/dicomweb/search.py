"""QIDO-RS (PS3.18 10.6): a URL's parameters become the question that C-FIND asks too, and its
answers the DICOM JSON model."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from domain.access import Viewer
from domain.errors import Invalid, Refused
from imaging.dicom.dictionary import keyword_for, tag_for, vr_for
from storage.records.catalogue import COLUMNS, LEVELS, Level
from usecases.query_retrieve.find import MAX_MATCHES, find
from usecases.query_retrieve.question import COUNTED, KINDS, UNIQUE_KEYS, question_of

STUDY_PAGE = 1_000  # when a query for studies names no limit
MAX_VALUES = 10_000  # of all keys together
_NAMES = ("Alphabetic", "Ideographic", "Phonetic")
_NUMBERS = ("IS", "US", "UL", "SL", "SS")

# what every answer says (tables 10.6.3-3 to -5), as far as it is known
ANSWERED: dict[Level, tuple[str, ...]] = {
    "PATIENT": (),
    "STUDY": (
        "StudyDate", "StudyTime", "AccessionNumber", "ModalitiesInStudy", "ReferringPhysicianName",
        "StudyDescription", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
        "StudyInstanceUID", "StudyID", "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
    ),
    "SERIES": (
        "Modality", "SeriesDescription", "SeriesInstanceUID", "SeriesNumber",
        "NumberOfSeriesRelatedInstances",
    ),
    "IMAGE": (
        "SOPClassUID", "SOPInstanceUID", "InstanceNumber", "Rows", "Columns", "BitsAllocated",
        "NumberOfFrames", "AvailableTransferSyntaxUID",
    ),
}  # fmt: skip
_PARTS: dict[Level, str] = {"STUDY": "studies", "SERIES": "series", "IMAGE": "instances"}


@dataclass(slots=True)
class Search:
    """`keys` are keyword -> values; `warnings` what the caller must be told."""

    level: Level
    keys: dict[str, list[str]] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    limit: int = MAX_MATCHES
    offset: int = 0
    warnings: list[str] = field(default_factory=list)


def read_search(level: Level, parameters: list[tuple[str, str]], place: dict[str, str]) -> Search:
    """`place` are the UIDs of the URL's path. Invalid names what cannot be understood."""
    asked = Search(level, limit=STUDY_PAGE if level == "STUDY" else MAX_MATCHES)
    reachable = LEVELS[1 : LEVELS.index(level) + 1]
    for one in reachable:
        if UNIQUE_KEYS[one] not in place:  # the path has said the rest
            asked.wanted += ANSWERED[one]
    for name, value in parameters:
        match name.lower():
            case "limit":
                asked.limit = min(_number(name, value), MAX_MATCHES)
            case "offset":
                asked.offset = _number(name, value)
            case "fuzzymatching":
                if value.lower() != "false":
                    asked.warnings.append(
                        "The fuzzymatching parameter is not supported. "
                        "Only literal matching has been performed."
                    )
            case "includefield":
                _include(asked, value)
            case "accept" | "charset":
                continue
            case _:
                _match(asked, name, value)
    if sum(map(len, asked.keys.values())) > MAX_VALUES:
        raise Invalid("query_too_wide", detail=f"more than {MAX_VALUES} values")
    asked.keys |= {keyword: [uid] for keyword, uid in place.items()}
    asked.wanted += [*place, *asked.keys]
    return asked


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise Invalid("query_key_malformed", detail=f"{name} must be a whole number")
    return int(value)


def _include(asked: Search, value: str) -> None:
    for part in value.split(","):
        if part.strip().lower() == "all":
            asked.wanted += [*KINDS, *COUNTED, "StudyTime"]
        elif part.strip():
            asked.wanted.append(_keyword(part.strip()))


def _match(asked: Search, name: str, value: str) -> None:
    keyword = _keyword(name)
    kind = KINDS.get(keyword, "text")
    text = value.replace(",", "\\") if kind in ("uid", "list") else value
    parts = text.split("\\") if kind in ("uid", "list") else [text]
    asked.keys.setdefault(keyword, []).extend(part for part in parts if part)
    is_matched = keyword == "StudyTime" or (
        keyword in KINDS and COLUMNS[keyword][0] in LEVELS[: LEVELS.index(asked.level) + 1]
    )
    if not is_matched and value not in ("", "*"):
        asked.warnings.append(f"{keyword} is not matched at this level and has been left out.")


def _keyword(name: str) -> str:
    """Of a keyword or an eight-digit tag; of a path (`00400275.00400009`) its first part. Invalid
    for what the dictionary does not know."""
    parts = [_one_keyword(part) for part in name.split(".")]
    return parts[0] if len(parts) == 1 else ".".join(parts)


def _one_keyword(name: str) -> str:
    try:
        if len(name) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in name):
            name = keyword_for(int(name, 16))
        tag_for(name)
    except KeyError:
        raise Invalid(
            "query_key_unknown", "查询里有不认识的属性。", detail=f"{name[:64]!r} is no attribute"
        ) from None
    return name


async def search(
    viewer: Viewer, asked: Search, *, zone: ZoneInfo, base_url: str
) -> tuple[list[dict[str, Any]], bool]:
    """Answers in the DICOM JSON model, newest study first, and whether there are more."""
    keys = {keyword: values for keyword, values in asked.keys.items() if "." not in keyword}
    root: dict[str, list[str]] = {"QueryRetrieveLevel": [asked.level]}
    question = question_of(
        root | {keyword: [] for keyword in asked.wanted} | keys, "STUDY", zone=zone,
        is_relational=True,
    )  # fmt: skip
    answers: list[dict[str, Any]] = []
    try:
        async for answer in find(
            viewer, question, zone=zone, limit=asked.limit, offset=asked.offset,
            is_newest_first=asked.level == "STUDY",
        ):  # fmt: skip
            answers.append(_to_json(answer, asked, base_url))
    except Refused as error:
        if error.code != "too_many_matches":
            raise
        return answers, True
    return answers, False


def _to_json(answer: dict[str, Any], asked: Search, base_url: str) -> dict[str, Any]:
    url = base_url
    for level in LEVELS[1 : LEVELS.index(asked.level) + 1]:
        url += f"/{_PARTS[level]}/{answer[UNIQUE_KEYS[level]]}"
    out: dict[str, Any] = {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
        "00080056": {"vr": "CS", "Value": ["ONLINE"]},
        "00081190": {"vr": "UR", "Value": [url]},
    }
    for keyword, value in answer.items():
        tag = tag_for(keyword)
        out[f"{tag:08X}"] = _attribute(vr_for(tag), value)
    return dict(sorted(out.items()))


def _attribute(vr: str, value: Any) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    values = [one for one in values if one not in ("", None)]
    if vr == "PN":
        values = [_name(one) for one in values]
    elif vr in _NUMBERS:
        values = [int(one) for one in values]
    return {"vr": vr, "Value": values} if values else {"vr": vr}


def _name(text: str) -> dict[str, str]:
    groups = zip(_NAMES, text.split("="), strict=False)
    return {name: group for name, group in groups if group}
