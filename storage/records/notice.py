"""Messages to patients that a report is there, and what WeChat pushes to us."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from storage.records.patient import Patient
    from storage.records.report import Report
    from storage.records.wechat_user import WeChatUser


class Notice(Model):
    """One message of one report version to one recipient: natural key (report, recipient).

    channel:  `template` (service account), `subscribe` (mini-program), `sms`
    state:    `waiting`, `sent`, `delivered`, `dead` (dead letter), `moved` (another channel took
              it over), `quiet` (consent was withdrawn before it went out)"""

    id = fields.BigIntField(primary_key=True)
    public_id = fields.CharField(max_length=22, unique=True)
    report: fields.ForeignKeyRelation["Report"] = fields.ForeignKeyField(
        "models.Report", related_name="notices", on_delete=fields.CASCADE
    )
    patient: fields.ForeignKeyRelation["Patient"] = fields.ForeignKeyField(
        "models.Patient", related_name="notices", on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyNullableRelation["WeChatUser"] = fields.ForeignKeyField(
        "models.WeChatUser", related_name="notices", null=True, on_delete=fields.CASCADE
    )
    recipient = fields.CharField(max_length=80)  # `wechat:<digest>` or `sms:<digest>`
    channel = fields.CharField(max_length=16)
    state = fields.CharField(max_length=16, default="waiting")
    tries = fields.IntField(default=0)
    errcode = fields.IntField(null=True)
    msg_id = fields.CharField(max_length=32, default="", db_index=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    sent_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notice"
        unique_together = (("report_id", "recipient"),)
        indexes = (("patient_id",), ("user_id",))


class WeChatPush(Model):
    """One push, kept until its job has done it. `dedupe_key` is MsgId, or who, when and what."""

    id = fields.BigIntField(primary_key=True)
    dedupe_key = fields.CharField(max_length=64, unique=True)
    app_id = fields.CharField(max_length=64)
    body_sealed = fields.BinaryField(null=True)  # gone when done; the key stays for repeats
    created_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "wechat_push"
