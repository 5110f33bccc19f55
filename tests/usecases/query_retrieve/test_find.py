"""Matching as PS3.4 C.2.2.2 says it, on both databases, at every level of both models."""

import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assembly.runtime import Runtime
from domain.access import SystemViewer
from domain.errors import Invalid, Refused
from storage.records.imaging import Study
from storage.records.name_match import name_condition
from storage.transactions import is_sqlite, run_sql
from tests.support.archive import CT, SR
from usecases.query_retrieve.find import find
from usecases.query_retrieve.matching import criterion_of, times_of
from usecases.query_retrieve.question import KINDS, question_of

ZONE = ZoneInfo("Asia/Shanghai")
VIEWER = SystemViewer("test")


async def ask(
    level: str, root: str = "STUDY", *, limit: int = 100, relational: bool = False, **keys: str
) -> list[dict[str, Any]]:
    values = {key: value.split("\\") if value else [] for key, value in keys.items()}
    question = question_of(
        {"QueryRetrieveLevel": [level], **values}, root, zone=ZONE, is_relational=relational  # type: ignore[arg-type]
    )  # fmt: skip
    return [answer async for answer in find(VIEWER, question, zone=ZONE, limit=limit)]


async def studies(**keys: str) -> list[str]:
    return [answer["AccessionNumber"] for answer in await ask("STUDY", AccessionNumber="", **keys)]


ALL = ["A1", "A2", "A3", "B_4"]


# keys of a study query -> accession numbers of what matches
STUDY_QUERIES: list[tuple[dict[str, str], list[str]]] = [
    ({}, ALL),
    ({"PatientID": "P1"}, ["A1", "A2"]),
    ({"PatientID": "p1"}, []),
    ({"PatientID": "P?"}, ["A1", "A2", "A3"]),
    ({"PatientID": "*"}, ALL),
    ({"PatientID": "p_*"}, ["B_4"]),
    ({"PatientID": "P_*"}, []),
    ({"PatientName": "王^小明"}, ["A1", "A2"]),
    ({"PatientName": "王小明"}, ["A1", "A2"]),
    ({"PatientName": "wang*"}, ["A1", "A2"]),
    ({"PatientName": "Wang^Xiaoming=王^小明"}, ["A1", "A2"]),
    ({"PatientName": "Wang"}, []),
    ({"PatientName": "小明*"}, []),
    ({"PatientName": "*龘"}, ["A3"]),
    ({"PatientName": "欧阳*"}, ["A3"]),
    ({"PatientName": "SMITH^JOHN^q^^jr^"}, ["B_4"]),
    ({"PatientBirthDate": "19800101"}, ["A1", "A2"]),
    ({"PatientBirthDate": "19900101-"}, ["A3"]),
    ({"PatientSex": "M"}, ["A1", "A2", "B_4"]),
    ({"StudyDate": "20260110"}, ["A1"]),
    ({"StudyDate": "20260110-20260111"}, ["A1", "A2"]),
    ({"StudyDate": "-20260110"}, ["A1"]),
    ({"StudyDate": "20260111-"}, ["A2", "A3"]),
    ({"StudyDate": "2026.01.11"}, ["A2"]),
    ({"StudyTime": "08"}, ["A1"]),
    ({"StudyTime": "080500-120000"}, ["A1", "A3"]),
    ({"StudyTime": "-0805"}, ["A1"]),
    ({"StudyTime": "235959"}, ["A2"]),
    ({"StudyInstanceUID": "1.2.1\\1.2.3\\9.9"}, ["A1", "A3"]),
    ({"StudyID": "S1"}, ["A1"]),
    ({"StudyDescription": "*[100%]"}, ["A2"]),
    ({"StudyDescription": "头颅*"}, ["A1"]),
    ({"ReferringPhysicianName": "李医生"}, ["A1"]),
    ({"ModalitiesInStudy": "SR"}, ["A1"]),
    ({"ModalitiesInStudy": "SR\\MR"}, ["A1", "A3", "B_4"]),
    ({"ModalitiesInStudy": "C*"}, ["A1", "A2"]),
    ({"PatientID": "P1", "StudyDate": "20260111", "ModalitiesInStudy": "CT"}, ["A2"]),
    ({"PatientID": "' OR 1=1 --"}, []),
    ({"PatientID": "P1\\P2"}, []),
]


async def test_studies(each_archive: Runtime) -> None:
    """All in one archive: filling it costs more than asking."""
    found = [(keys, await studies(**keys)) for keys, _ in STUDY_QUERIES]
    assert found == STUDY_QUERIES


async def test_what_is_said_of_a_study(each_archive: Runtime) -> None:
    (said,) = await ask(
        "STUDY", AccessionNumber="A1", PatientName="", PatientBirthDate="", StudyDate="",
        StudyTime="", ModalitiesInStudy="", SOPClassesInStudy="", NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="", NumberOfPatientRelatedStudies="", SeriesNumber="",
    )  # fmt: skip
    assert said == {
        "AccessionNumber": "A1", "PatientName": "Wang^Xiaoming=王^小明",
        "PatientBirthDate": "19800101", "StudyDate": "20260110", "StudyTime": "080500",
        "ModalitiesInStudy": ["CT", "SR"], "SOPClassesInStudy": [CT, SR],
        "NumberOfStudyRelatedSeries": 2, "NumberOfStudyRelatedInstances": 4,
        "NumberOfPatientRelatedStudies": 2,
    }  # fmt: skip


async def test_patients(each_archive: Runtime) -> None:
    found = await ask("PATIENT", "PATIENT", PatientID="", PatientName="",
                      NumberOfPatientRelatedInstances="", NumberOfPatientRelatedSeries="")  # fmt: skip
    assert {(f["PatientID"], f["NumberOfPatientRelatedInstances"]) for f in found} == {
        ("P1", 6), ("P2", 1), ("p_3", 1),
    }  # fmt: skip
    (one,) = await ask("PATIENT", "PATIENT", PatientID="", PatientName="*小明")
    assert one["PatientID"] == "P1"


async def test_series_and_instances_of_both_models(each_archive: Runtime) -> None:
    upper = {"StudyInstanceUID": "1.2.1"}
    (series,) = await ask("SERIES", **upper, Modality="CT", SeriesInstanceUID="",
                          NumberOfSeriesRelatedInstances="", BodyPartExamined="")  # fmt: skip
    assert series["NumberOfSeriesRelatedInstances"] == 3
    assert series["BodyPartExamined"] == "HEAD"
    assert await ask("SERIES", "PATIENT", PatientID="P1", **upper, SeriesNumber="2") == [
        {"PatientID": "P1", "StudyInstanceUID": "1.2.1", "SeriesNumber": 2}
    ]
    upper["SeriesInstanceUID"] = series["SeriesInstanceUID"]
    images = await ask("IMAGE", **upper, SOPInstanceUID="", InstanceNumber="", SOPClassUID=CT)
    assert [image["InstanceNumber"] for image in images] == [1, 2, 3]
    only = await ask("IMAGE", **upper, SOPInstanceUID="1.2.1.1.2\\1.2.1.1.3")
    assert [image["SOPInstanceUID"] for image in only] == ["1.2.1.1.2", "1.2.1.1.3"]


async def test_relational_queries_need_no_higher_keys(each_archive: Runtime) -> None:
    with pytest.raises(Invalid, match="StudyInstanceUID must be one value"):
        await ask("SERIES", Modality="MR")
    found = await ask("SERIES", relational=True, Modality="MR", PatientID="P2")
    assert found == [{"Modality": "MR", "PatientID": "P2"}]


@pytest.mark.parametrize(
    ("level", "root", "keys"),
    [
        ("", "STUDY", {}),
        ("PATIENT", "STUDY", {}),
        ("study", "STUDY", {}),
        ("STUDY", "PATIENT", {}),
        ("SERIES", "STUDY", {"StudyInstanceUID": "1.2.1\\1.2.2"}),
        ("SERIES", "STUDY", {"StudyInstanceUID": "1.2.*"}),
        ("IMAGE", "STUDY", {"StudyInstanceUID": "1.2.1"}),
        ("STUDY", "STUDY", {"StudyDate": "yesterday"}),
        ("STUDY", "STUDY", {"StudyDate": "-"}),
        ("STUDY", "STUDY", {"StudyTime": "99999"}),
        ("STUDY", "STUDY", {"PatientBirthDate": "20261301"}),
        ("SERIES", "STUDY", {"StudyInstanceUID": "1.2", "SeriesNumber": "one"}),
        ("STUDY", "STUDY", {"PatientName": "x" * 300}),
    ],
)
async def test_a_question_that_cannot_be_is_named(
    level: str, root: str, keys: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        await ask(level, root, **keys)


async def test_more_than_the_limit_is_said_after_the_first(each_archive: Runtime) -> None:
    question = question_of({"QueryRetrieveLevel": ["STUDY"]}, "STUDY", zone=ZONE)
    seen = []
    with pytest.raises(Refused) as caught:
        async for answer in find(VIEWER, question, zone=ZONE, limit=2):
            seen.append(answer)
    assert caught.value.code == "too_many_matches"
    assert len(seen) == 2


@given(st.sampled_from(sorted({*KINDS.values()})), st.lists(st.text(max_size=40), max_size=3))
def test_any_text_is_a_criterion_or_invalid(kind: str, values: list[str]) -> None:
    for judge in (lambda: criterion_of("X", kind, values, ZONE), lambda: times_of("X", values)):
        try:
            judge()
        except Invalid as error:
            assert error.code == "query_key_malformed"


NAMES = [
    "Wang^Xiaoming=王^小明", "WANG^XIAO=王^晓=ワン^ショウ", "王^小明", "张^小明^^", "=李^明", "==Li^Ming",
    "O'Brien^Pat", "100%^A_b", "[x]^y", "wang", "Wangxi^Z",
]  # fmt: skip


def is_match(name: str, pattern: str) -> bool:
    """The same rule in plain Python."""

    def fits(text: str, wanted: str) -> bool:
        return re.fullmatch(
            "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in wanted), text, re.DOTALL
        ) is not None  # fmt: skip

    pattern, name = pattern.lower().rstrip("^"), name.lower()
    is_joined = "^" not in pattern and not pattern.isascii()

    def clean(text: str) -> str:
        return text.replace("^", "") if is_joined else text.rstrip("^")

    groups = name.split("=", 2)
    rests = [name, *("=".join(groups[n:]) for n in range(1, len(groups)))]
    texts = [*map(clean, rests), *([] if "=" in pattern else map(clean, groups))]
    return any(fits(text, pattern) for text in (texts[:1] if "=" in pattern else texts))


async def test_names_match_by_the_rule_and_by_an_index(each_runtime: Runtime) -> None:
    for number, name in enumerate(NAMES):
        await Study.create(public_id=str(number), study_instance_uid=f"1.{number}",
                           patient_name=name, accession_number=str(number))  # fmt: skip
    patterns = [
        "wang*", "王*", "王小明", "*小明", "*", "?ang", "王^小明", "wang^xiaoming=王^小明", "李明", "li^ming",
        "ワン*", "o'b*", "100%*", "100_*", "[x]*", "wang", "Wang^Xiao*", "张小明^", "王?明",
        "x*", "*=*", "*ming*", "*^小*", "?^小明", "*g^x*", "*明=*",
    ]  # fmt: skip
    for pattern in patterns:
        found = {int(number) for number in await studies(PatientName=pattern)}
        expected = {n for n, name in enumerate(NAMES) if is_match(name, pattern)}
        assert found == (set(range(len(NAMES))) if pattern == "*" else expected), pattern
    values: list[Any] = []
    explain = "EXPLAIN QUERY PLAN" if is_sqlite() else "EXPLAIN"
    if not is_sqlite():
        await run_sql("SET enable_seqscan = off")  # a table of twelve rows needs no index
    for pattern in ("wang*", "王小*"):
        values = []
        where = name_condition("s.patient_name", pattern, values)
        plan = await run_sql(f"{explain} SELECT s.id FROM study s WHERE {where}", *values)
        text = str([list(row.values()) for row in plan])
        for which in ("whole", "second", "third"):
            assert f"idx_study_name_{which}" in text, text
