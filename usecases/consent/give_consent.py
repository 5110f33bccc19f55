"""Whether consent is there, and recording it."""

from collections.abc import Collection
from typing import Literal

from domain.errors import Invalid
from storage.records.consent import Consent, ConsentText
from storage.transactions import db_now
from usecases.consent.text import ConsentWords

Standing = Literal["none", "given", "withdrawn"]


async def standing_of(patient_ids: Collection[int], version: str) -> Standing:
    """Of a person (all their rows) for this text. `withdrawn` stays until somebody agrees anew."""
    rows = await Consent.filter(patient_id__in=list(patient_ids)).order_by("-id")
    if any(row.version == version and row.withdrawn_at is None for row in rows):
        return "given"
    return "withdrawn" if rows and rows[0].withdrawn_at is not None else "none"


async def record_consent(
    patient_id: int, words: ConsentWords, agreed: str, *, actor: str, channel: str
) -> None:
    """In the caller's transaction. Invalid when what was agreed to is not what is asked now."""
    if agreed != words.version:
        raise Invalid("consent_outdated", "说明有更新,请重新阅读后再同意。")
    await ConsentText.get_or_create(version=words.version, defaults={"text": words.text})
    await Consent.create(
        patient_id=patient_id,
        version=words.version,
        actor=actor,
        channel=channel,
        agreed_at=await db_now(),
    )
