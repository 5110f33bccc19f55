"""The outbox: work that must happen, written in the same transaction as its cause."""

from tortoise import fields
from tortoise.models import Model


class OutboxRow(Model):
    """One piece of work. A row leaves the table when its job has done it.

    topics:  `index_instance`  subject = instance id
             `settle_study`    subject = study id; available_at = when the study is quiet
             `render_series`   subject = series id
             `write_manifest`  subject = study id
             `settle_exam`     subject = exam id (recompute status, ensure code)
             `report_notice`   subject = report id (who is to be told)
             `send_notice`     subject = notice id
             `wechat_push`     subject = push id
             `wechat_profile`  subject = WeChat user id (unionid, follows or not)
             `announce_exam`   subject = exam id (tell other systems what is new)
    (topic, subject) is unique: asking twice for the same work is one row. Asking again while a
    job runs bumps `revision`, so that the job's `done` (which names the revision it saw) keeps it.
    """

    id = fields.BigIntField(primary_key=True)
    topic = fields.CharField(max_length=32)
    subject = fields.BigIntField()
    revision = fields.IntField(default=1)
    attempts = fields.IntField(default=0)
    available_at = fields.DatetimeField()
    dispatched_at = fields.DatetimeField(null=True)
    dead_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=500, default="")
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "outbox"
        unique_together = (("topic", "subject"),)
        indexes = (("dead_at", "dispatched_at", "available_at"),)
