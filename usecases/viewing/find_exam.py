"""Which examination a request means."""

from domain.access import PatientViewer, ShareViewer, TicketViewer, Viewer
from domain.errors import NotFound
from storage.records.exam import Exam


async def exam_id_of(viewer: Viewer, public_id: str) -> int:
    """The examination named by a request; the scanned or shared one when it names none. Whether
    the viewer may see it is decided where it is read."""
    if not public_id and isinstance(viewer, PatientViewer | ShareViewer | TicketViewer):
        return viewer.exam_id
    exam = await Exam.get_or_none(public_id=public_id) if public_id else None
    if exam is None:
        raise NotFound("exam_not_found", "没有找到这项检查。")
    return int(exam.id)
