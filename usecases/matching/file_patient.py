"""A message's patient facts become a patient row of the one who issues its numbers."""

from domain.exam import PatientType
from domain.matching import settled_facts
from domain.messages import PatientFacts
from domain.ports import Sealer
from storage.records.patient import Patient

ID_CARD, PHONE = "patient.id_card", "patient.phone"
_FIELDS = ("name", "sex", "birth_date", "id_card_index", "phone_index", "patient_type", "ward")


async def file_patient(
    sealer: Sealer,
    sender: str,
    facts: PatientFacts,
    *,
    version: str,
    patient_type: str = "",
    ward: str = "",
) -> Patient:
    """Find or make the patient, and take what is new; in the caller's transaction."""
    patient, is_new = await Patient.get_or_create(
        sender=facts.issuer or sender,
        patient_number=facts.patient_number,
        defaults={"name": facts.name},
    )
    stamps = _stamps(patient, is_new=is_new)
    values, newer = settled_facts(
        {key: getattr(patient, key) for key in _FIELDS},
        stamps,
        {
            "name": facts.name,
            "sex": facts.sex,
            "birth_date": facts.birth_date,
            "id_card_index": _index(sealer, facts.id_card, ID_CARD),
            "phone_index": _index(sealer, facts.phone, PHONE),
            "patient_type": "" if patient_type == PatientType.UNKNOWN else patient_type,
            "ward": ward,
        },
        version,
    )
    if "id_card_index" in values:
        values["id_card_sealed"] = sealer.seal(facts.id_card, purpose=ID_CARD)
    if "phone_index" in values:
        values["phone_sealed"] = sealer.seal(facts.phone, purpose=PHONE)
    if newer:
        values["facts_versions"] = stamps | newer
        values["facts_version"] = max(version, patient.facts_version)
        await patient.update_from_dict(values).save(update_fields=list(values))
    return patient


def _stamps(patient: Patient, *, is_new: bool) -> dict[str, str]:
    """Rows older than the stamps have one version for all that they hold."""
    if patient.facts_versions is not None or is_new:
        return dict(patient.facts_versions or {})
    held = (key for key in _FIELDS if getattr(patient, key) not in ("", None))
    return dict.fromkeys(held, patient.facts_version)


def _index(sealer: Sealer, plain: str, purpose: str) -> str:
    return sealer.blind_index(plain, purpose=purpose) if plain else ""
