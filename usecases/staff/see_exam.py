"""One examination as a doctor sees it: facts, report, series, and the person's others as a time
line (tender D7)."""

from datetime import date
from typing import Any

from domain.access import StaffViewer
from usecases.viewing.list_priors import list_priors
from usecases.viewing.see_exam import describe_home


async def describe_exam(viewer: StaffViewer, exam_id: int, *, today: date) -> dict[str, Any]:
    """NotFound when it is not there or not of the viewer's campuses."""
    described = await describe_home(viewer, exam_id, today=today)
    report = described["report"]
    if report is not None:
        base = f"/api/staff/v1/exams/{described['exam']['id']}/report"
        report["pdf_url"] = f"{base}.pdf"
        report["thumbnail_url"] = f"{base}/thumbnail.png"
    return {
        **{name: described[name] for name in ("exam", "patient", "report", "images")},
        "priors": await list_priors(viewer, exam_id),
    }
