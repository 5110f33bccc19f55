"""Every message that came in by HL7 and every row of a view, once: for repeats, audit, replay."""

from tortoise import fields
from tortoise.models import Model


class InboundMessage(Model):
    """Natural key: (sender, control_id, sha256). The text lies sealed in the object store."""

    id = fields.BigIntField(primary_key=True)
    sender = fields.CharField(max_length=64)
    control_id = fields.CharField(max_length=199)
    sha256 = fields.CharField(max_length=64)
    message_type = fields.CharField(max_length=16)
    sent_at = fields.DatetimeField(null=True)
    received_at = fields.DatetimeField(auto_now_add=True)
    object_key = fields.CharField(max_length=200, default="")
    answer = fields.CharField(max_length=2)  # AA, AE, AR
    problem = fields.CharField(max_length=256, default="")
    peer = fields.CharField(max_length=64, default="", db_default="")  # address, or `view:NAME`
    effect = fields.CharField(max_length=256, default="", db_default="")  # what it did

    class Meta:
        table = "inbound_message"
        unique_together = (("sender", "control_id", "sha256"),)
