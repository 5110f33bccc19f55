"""Which patient rows are one person: the same ID card (senders and campuses number people
differently), and numbers that the HIS has merged."""

from storage.records.patient import Patient
from storage.records.patient_merge import MAX_NUMBERS, numbers_joined_to


async def person_of(patient: Patient) -> frozenset[int]:
    """The ids of this person's rows, `patient`'s own among them."""
    rows = {patient.id: patient}
    while len(rows) < MAX_NUMBERS:
        cards = {row.id_card_index for row in rows.values() if row.id_card_index}
        known = {(row.sender, row.patient_number) for row in rows.values()}
        joined = await numbers_joined_to(known) - known
        found = await Patient.filter(id_card_index__in=sorted(cards)) if cards else []
        for issuer, number in sorted(joined):
            found += await Patient.filter(sender=issuer, patient_number=number)
        new = {row.id: row for row in found if row.id not in rows}
        if not new:
            break
        rows |= new
    return frozenset(rows)


async def numbers_of(patient_number: str) -> list[str]:
    """Patient numbers under which a person might be found who names this one."""
    issuers = await Patient.filter(patient_number=patient_number).values_list("sender", flat=True)
    starts = {(str(issuer), patient_number) for issuer in issuers}
    return sorted({number for _, number in await numbers_joined_to(starts)} | {patient_number})
