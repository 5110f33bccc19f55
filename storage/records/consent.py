"""Consent to show sensitive personal data (PIPL art. 29): which text, when, by whom, until when."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from storage.records.patient import Patient


class ConsentText(Model):
    """Each text that was ever shown, so that a record can be read years later."""

    id = fields.BigIntField(primary_key=True)
    version = fields.CharField(max_length=22, unique=True)  # digest of the text
    text = fields.TextField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "consent_text"


class Consent(Model):
    """One agreement for a patient. `actor` is the audit's word for who gave it."""

    id = fields.BigIntField(primary_key=True)
    patient: fields.ForeignKeyRelation["Patient"] = fields.ForeignKeyField(
        "models.Patient", related_name="consents", on_delete=fields.RESTRICT
    )
    version = fields.CharField(max_length=22)
    actor = fields.CharField(max_length=80)
    channel = fields.CharField(max_length=16, default="")
    agreed_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "consent"
        indexes = (("patient_id",),)
