"""A patient as one sender knows them. Two senders' patients are two rows until merged."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Patient(Model):
    """Natural key: (sender, patient_number). ID card and phone are sealed (`storage/sealed.py`)."""

    id = fields.BigIntField(primary_key=True)
    sender = fields.CharField(max_length=64)
    patient_number = fields.CharField(max_length=64)
    name = fields.CharField(max_length=128)
    sex = fields.CharField(max_length=1, default="")
    birth_date = fields.DateField(null=True)
    id_card_sealed = fields.BinaryField(null=True)
    id_card_index = fields.CharField(max_length=64, default="", db_index=True)
    phone_sealed = fields.BinaryField(null=True)
    phone_index = fields.CharField(max_length=64, default="", db_index=True)
    # version of the newest message that set these facts: "<sent_at iso>|<control_id>"
    facts_version = fields.CharField(max_length=128, default="")
    # {field: version of the message that gave its value}; null in rows older than this column
    facts_versions: fields.JSONField[Any] = fields.JSONField(null=True)
    patient_type = fields.CharField(max_length=16, default="", db_default="")  # as ADT said last
    ward = fields.CharField(max_length=64, default="", db_default="")
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "patient"
        unique_together = (("sender", "patient_number"),)
