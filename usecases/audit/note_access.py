"""Each access to a patient's data is a row; the patient can read who looked."""

from dataclasses import dataclass
from datetime import datetime

from domain.access import Viewer
from domain.guardian import LABELS
from storage.records.audit import AuditEntry
from storage.records.session import ViewingSession
from usecases.viewing.see_exam import exam_for

ACTIONS = {
    "verify": "验证身份", "home": "查看检查", "fhir": "调阅检查资料",
    "images": "查看影像", "report_pdf": "打开报告单",
    "app_entry": "医院 App 进入",
    "one_tap": "微信一键进入", "bound": "绑定微信", "unbound": "解除绑定",
    "guardian_invited": "邀请家人", "consent_withdrawn": "撤回同意",
    "share_made": "建立分享", "share_stopped": "停止分享", "share_opened": "打开分享",
    "marks_saved": "标注影像", "original": "下载原始影像",
    "dicom_retrieve": "调取影像", "exam_queried": "查询检查信息", "ticket_opened": "打开影像",
    "report_stamped": "打印报告单二维码",
}  # fmt: skip
WHO = {
    "patient": "本人",
    "guardian": "家人",
    "wechat": "微信用户",
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


async def note_access(
    viewer: Viewer, exam_id: int | None, action: str, *, request_id: str = ""
) -> None:
    """Add one row; without examination for images that belong to none yet."""
    await AuditEntry.create(
        actor=viewer.actor, action=action, exam_id=exam_id, request_id=request_id
    )


async def visits_of(viewer: Viewer, exam_id: int, *, limit: int = 50) -> list[Visit]:
    """Newest first."""
    exam = await exam_for(viewer, exam_id)
    rows = await AuditEntry.filter(exam_id=exam.id).order_by("-id").limit(limit)
    relations = await _relations([row.actor for row in rows])
    return [
        Visit(
            at=row.at,
            who=WHO.get(row.actor.split(":", 1)[0], "其他") + relations.get(row.actor, ""),
            what=ACTIONS.get(row.action, "其他"),
            is_refused=row.outcome != "ok",
        )
        for row in rows
    ]


async def _relations(actors: list[str]) -> dict[str, str]:
    """What each guardian is to the patient, as `(子女)`."""
    ids = [int(actor.split(":", 1)[1]) for actor in set(actors) if actor.startswith("guardian:")]
    rows = await ViewingSession.filter(id__in=ids).values("id", "binding__relation")
    return {
        f"guardian:{row['id']}": f"({LABELS[row['binding__relation']]})"
        for row in rows
        if row["binding__relation"] in LABELS
    }
