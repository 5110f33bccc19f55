"""A message's patient facts become a patient row of that sender."""

from domain.matching import merged_facts, version_of
from domain.messages import PatientFacts
from domain.ports import Sealer
from storage.records.patient import Patient

ID_CARD, PHONE = "patient.id_card", "patient.phone"


async def file_patient(
    sealer: Sealer, sender: str, facts: PatientFacts, *, version: str
) -> Patient:
    """Find or make the patient, and take what is new; in the caller's transaction."""
    patient, is_new = await Patient.get_or_create(
        sender=sender, patient_number=facts.patient_number, defaults={"name": facts.name}
    )
    current = {key: getattr(patient, key) for key in _FIELDS}
    incoming = {
        "name": facts.name,
        "sex": facts.sex,
        "birth_date": facts.birth_date,
        "id_card_index": _index(sealer, facts.id_card, ID_CARD),
        "phone_index": _index(sealer, facts.phone, PHONE),
    }
    is_newer = is_new or version >= patient.facts_version
    changes = merged_facts(current, incoming, is_newer=is_newer)
    if "id_card_index" in changes:
        changes["id_card_sealed"] = sealer.seal(facts.id_card, purpose=ID_CARD)
    if "phone_index" in changes:
        changes["phone_sealed"] = sealer.seal(facts.phone, purpose=PHONE)
    if is_newer:
        changes["facts_version"] = version
    if changes:
        await patient.update_from_dict(changes).save(update_fields=list(changes))
    return patient


_FIELDS = ("name", "sex", "birth_date", "id_card_index", "phone_index")


def _index(sealer: Sealer, plain: str, purpose: str) -> str:
    return sealer.blind_index(plain, purpose=purpose) if plain else ""


__all__ = ["ID_CARD", "PHONE", "file_patient", "version_of"]
