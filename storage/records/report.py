"""Report versions; the newest by message time stands, older ones stay."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from storage.records.exam import Exam


class Report(Model):
    """Natural key: (exam, version)."""

    id = fields.BigIntField(primary_key=True)
    exam: fields.ForeignKeyRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="reports", on_delete=fields.RESTRICT
    )
    version = fields.CharField(max_length=128)  # "<sent_at iso>|<control_id>", sorts by time
    state = fields.CharField(max_length=16)  # domain.messages.ReportState
    findings = fields.TextField(default="")
    impression = fields.TextField(default="")
    reporter = fields.CharField(max_length=64, default="")
    reviewer = fields.CharField(max_length=64, default="")
    reported_at = fields.DatetimeField(null=True)
    pdf_key = fields.CharField(max_length=200, default="")  # the RIS' own PDF, if it sent one
    pdf_sha256 = fields.CharField(max_length=64, default="")
    noticed_at = fields.DatetimeField(null=True)  # when its messages were planned
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "report"
        unique_together = (("exam", "version"),)
