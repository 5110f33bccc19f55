"""The SQL of a viewer's rights says the same as `domain.access.may_see_exam`, which decides."""

import itertools

from assembly.runtime import Runtime
from domain.access import PatientViewer, ShareViewer, StaffViewer, SystemViewer, may_see_exam
from domain.errors import NotFound
from storage.records import catalogue
from storage.records.exam import Exam
from storage.records.imaging import Study
from tests.support.archive import files
from tests.usecases.rendering.conftest import feeder
from usecases.dicomweb.select_instances import select_instances


async def test_every_viewer_sees_what_the_rule_says(each_runtime: Runtime) -> None:
    await feeder(each_runtime)(list(files()))
    exams = await Exam.all().order_by("id").prefetch_related("patient")
    for exam, campus in zip(exams, itertools.cycle(("East", "West", ""))):
        exam.campus = campus
        await exam.save(update_fields=["campus"])
    await Study.filter(study_instance_uid="1.2.4").update(exam_id=None)
    studies = await Study.all().prefetch_related("exam__patient")
    people = sorted({exam.patient.id for exam in exams})
    viewers = [
        SystemViewer("ris"),
        StaffViewer(1, "admin", frozenset()),
        StaffViewer(2, "doctor", frozenset(("East",))),
        StaffViewer(3, "doctor", frozenset(("East", "West"))),
        StaffViewer(4, "doctor", frozenset(("' OR 1=1 --",))),
        ShareViewer(exams[0].id, 1, 1),
        PatientViewer(exams[0].id, 1, frozenset()),
        PatientViewer(exams[-1].id, 1, frozenset(people[:1])),
    ]
    for viewer in viewers:
        sees_all = isinstance(viewer, SystemViewer) or (
            isinstance(viewer, StaffViewer) and not viewer.campuses
        )
        expected = {
            study.study_instance_uid
            for study in studies
            if (study.exam is None and sees_all)
            or (
                study.exam is not None
                and may_see_exam(
                    viewer, exam_id=study.exam.id, patient_id=study.exam.patient.id,
                    campus=study.exam.campus,
                )
            )
        }  # fmt: skip
        for level in ("STUDY", "SERIES", "IMAGE"):
            keys = await catalogue.matching_keys(viewer, level, {}, limit=100)
            rows = await catalogue.rows_of(level, keys) if keys else []
            assert {row["study_instance_uid"] for row in rows} == expected, (viewer, level)
        for study in studies:
            try:
                found = await select_instances(viewer, study.study_instance_uid)
            except NotFound:
                found = []
            assert bool(found) == (study.study_instance_uid in expected), viewer
