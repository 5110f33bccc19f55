"""Marks on both databases: versions, times and owners are ours, shapes are closed."""

import asyncio
from typing import Any

import pytest

from assembly.runtime import Runtime
from domain.access import StaffViewer
from domain.errors import Conflict, Invalid, NotFound
from storage.records.imaging import Series, Study
from storage.records.marks import StudyMarks
from tests.support.staff import fill_study, make_doctor
from tests.usecases.matching.test_any_order import ORDER, ZONE
from usecases.marking.check_marks import MAX_MARKS, check_marks
from usecases.marking.read_marks import marks_of_study
from usecases.marking.save_marks import save_marks
from usecases.orders.place_order import place_order


async def studied(runtime: Runtime) -> tuple[str, str]:
    """Public ids of a study and its series."""
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    await fill_study(runtime)
    return (await Study.get()).public_id, (await Series.get()).public_id


async def doctor(name: str, campus: str = "东院区") -> StaffViewer:
    account = await make_doctor(name, campus, f"{name}医生")
    return StaffViewer(account.id, "doctor", frozenset({campus}))


def line(series: str, uid: str = "mark-0001", **more: Any) -> dict[str, Any]:
    return {
        "uid": uid, "kind": "length", "series": series, "sop_instance_uid": "1.2.826.9.1.2",
        "frame": 1, "points": [[1, 2], [3.14159, 4]], "text": "", **more,
    }  # fmt: skip


async def test_marks_come_back_with_time_and_author(each_runtime: Runtime) -> None:
    study, series = await studied(each_runtime)
    zhang, wang = await doctor("张"), await doctor("王")
    saved = await save_marks(zhang, study, 0, [line(series, at="1999-01-01", author="王")])
    assert saved.version == 1
    (mark,) = saved.marks
    assert mark["points"] == [[1.0, 2.0], [3.142, 4.0]]
    assert "author" not in mark and mark["at"] > "2026"
    mine = (await marks_of_study(zhang, study))["mine"]
    assert (mine["version"], mine["marks"]) == (1, saved.marks)
    seen = await marks_of_study(wang, study)
    assert seen["mine"]["version"] == 0
    assert [(one["author"], one["marks"]) for one in seen["others"]] == [("张医生", saved.marks)]


async def test_an_unchanged_mark_keeps_its_time(each_runtime: Runtime) -> None:
    study, series = await studied(each_runtime)
    zhang = await doctor("张")
    await save_marks(zhang, study, 0, [line(series, "mark-0001"), line(series, "mark-0002")])
    row = await StudyMarks.get()
    for mark in row.marks:
        mark["at"] = "2026-01-01T00:00:00+00:00"
    await row.save()
    changed = [line(series, "mark-0001"), line(series, "mark-0002", text="改了")]
    saved = await save_marks(zhang, study, 1, changed)
    assert [mark["at"][:7] == "2026-01" for mark in saved.marks] == [True, False]


async def test_of_two_devices_at_once_one_is_told_to_merge(each_runtime: Runtime) -> None:
    study, series = await studied(each_runtime)
    zhang = await doctor("张")
    for version in (0, 1):
        answers = await asyncio.gather(
            *(save_marks(zhang, study, version, [line(series, f"mark-{n:04}")]) for n in range(4)),
            return_exceptions=True,
        )
        assert sum(isinstance(one, Conflict) for one in answers) == 3
        assert (await StudyMarks.get()).version == version + 1


async def test_what_is_not_the_viewers_is_not_there(each_runtime: Runtime) -> None:
    study, series = await studied(each_runtime)
    far = await doctor("远", campus="西院区")
    with pytest.raises(NotFound):
        await marks_of_study(far, study)
    with pytest.raises(NotFound):
        await save_marks(far, study, 0, [line(series)])
    with pytest.raises(Invalid):
        await save_marks(await doctor("张"), study, 0, [line("A" * 22)])
    assert await StudyMarks.all().count() == 0


S = "s" * 22


PLANE = {"name": "coronal", "views": [0.1234567894] * 18, "point": [1, -2.0000004, 3]}


def test_a_rebuilt_plane_is_kept_with_the_mark() -> None:
    (mark,) = check_marks([line(S, plane=PLANE | {"grid": "of another device"})])
    assert mark["plane"] == {
        "name": "coronal",
        "views": [0.123456789] * 18,
        "point": [1.0, -2.0, 3.0],
    }
    assert "plane" not in check_marks([line(S, plane=None)])[0]


@pytest.mark.parametrize(
    "wrong",
    [
        None, {}, "marks", [None], [[]], [line(S, kind="region")], [line(S, kind=["length"])],
        [line(S, uid="")], [line(S, uid="<img onerror=1>")], [line(S, uid=7)],
        [line("../../../etc/passwd000")], [line(S, sop_instance_uid="1.2'; DROP")],
        [line(S, frame=0)], [line(S, frame=True)], [line(S, frame=1.5)],
        [line(S, points=[[1, 2]])], [line(S, points=[[1, 2], [3]])],
        [line(S, points=[[1, 2], [float("nan"), 4]])], [line(S, points=[[1, 2], [1e9, 4]])],
        [line(S, points=[[1, 2], ["3", 4]])], [line(S, kind="polygon", points=[[0, 0]] * 2001)],
        [line(S, text="x" * 201)], [line(S, text=5)], [line(S), line(S)],
        [line(S, f"mark-{n:04}") for n in range(MAX_MARKS + 1)],
        *([line(S, plane=PLANE | wrong)] for wrong in (
            {"name": "lateral"}, {"views": [0.0] * 17}, {"views": [2.0] * 18}, {"point": [0, 0]},
            {"point": [0, 0, float("inf")]}, {"views": ["0"] * 18}, {"point": None},
        )), [line(S, plane=[])],
    ],
)  # fmt: skip
def test_shapes_that_are_refused(wrong: Any) -> None:
    with pytest.raises(Invalid) as refused:
        check_marks(wrong)
    assert refused.value.code == "marks_malformed"


def test_a_text_keeps_its_words_and_loses_what_cannot_be_seen() -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e{{7*7}}\0\n 结节 "
    (mark,) = check_marks([line(S, text=hostile)])
    assert mark["text"] == "<img src=x onerror=alert(1)>{{7*7}} 结节"
