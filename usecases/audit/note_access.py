"""Each access to a patient's data is a row; the patient can read who looked."""

from dataclasses import dataclass
from datetime import datetime

from domain.access import Viewer
from storage.records.audit import AuditEntry
from usecases.viewing.see_exam import exam_for

ACTIONS = {
    "verify": "验证身份", "home": "查看检查", "images": "查看影像", "report_pdf": "打开报告单",
    "share_made": "建立分享", "share_stopped": "停止分享", "share_opened": "打开分享",
    "marks_saved": "标注影像", "original": "下载原始影像",
    "dicom_retrieve": "调取影像", "exam_queried": "查询检查信息", "ticket_opened": "打开影像",
    "report_stamped": "打印报告单二维码",
}  # fmt: skip
WHO = {
    "patient": "本人",
    "share": "分享",
    "staff": "医务人员",
    "client": "医院系统",
    "code": "扫码",
    "ticket": "第三方系统",
    "dicom": "院内设备",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One line of the patient's list."""

    at: datetime
    who: str
    what: str
    is_refused: bool


async def note_access(viewer: Viewer, exam_id: int, action: str, *, request_id: str = "") -> None:
    """Add one row."""
    await AuditEntry.create(
        actor=viewer.actor, action=action, exam_id=exam_id, request_id=request_id
    )


async def visits_of(viewer: Viewer, exam_id: int, *, limit: int = 50) -> list[Visit]:
    """Newest first."""
    exam = await exam_for(viewer, exam_id)
    rows = await AuditEntry.filter(exam_id=exam.id).order_by("-id").limit(limit)
    return [
        Visit(
            at=row.at,
            who=WHO.get(row.actor.split(":", 1)[0], "其他"),
            what=ACTIONS.get(row.action, "其他"),
            is_refused=row.outcome != "ok",
        )
        for row in rows
    ]
