"""Facts become FHIR R4 resources. Empty things are left out, as FHIR wants; every resource carries
a `meta.versionId` that follows from its content."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import orjson

from integrations.fhir.facts import PatientFacts, ReportFacts, SeriesFacts, StudyFacts

Resource = dict[str, Any]
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
DICOM_CODES = "http://dicom.nema.org/resources/ontology/DCM"
_GENDERS = {"M": "male", "F": "female", "O": "other"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute: of this service, and of DICOMweb beside it."""

    fhir: str
    dicomweb: str

    def system(self, name: str) -> str:
        """Of our own identifiers."""
        return f"{self.fhir}/sid/{name}"


def versioned(resource: Resource) -> Resource:
    """With a version that changes with the content."""
    digest = hashlib.sha256(orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return resource | {"meta": {"versionId": digest[:16]}}


def etag_of(resource: Resource) -> str:
    """FHIR's weak validator (3.1.0.5)."""
    return f'W/"{resource["meta"]["versionId"]}"'


def _kept(**values: Any) -> Resource:
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, ())}


def _identifier(system: str, value: str, code: str) -> Resource:
    kind = {"coding": [{"system": V2, "code": code}]}
    return _kept(type=kind, system=system, value=value)


def accession(addresses: Addresses, number: str) -> Resource:
    return _identifier(addresses.system("accession-number"), number, "ACSN")


def patient_number(addresses: Addresses, facts: PatientFacts) -> Resource:
    """Numbers are one sender's: so is their system."""
    system = f"{addresses.system('patient-number')}/{quote(facts.sender, safe='')}"
    return _identifier(system, facts.patient_number, "MR")


def patient(facts: PatientFacts, addresses: Addresses) -> Resource:
    return versioned(
        _kept(
            resourceType="Patient",
            id=str(facts.id),
            identifier=[patient_number(addresses, facts)],
            name=[{"use": "official", "text": facts.name}] if facts.name else None,
            gender=_GENDERS.get(facts.sex),
            birthDate=facts.birth_date.isoformat() if facts.birth_date else None,
        )
    )


def imaging_study(facts: StudyFacts, addresses: Addresses) -> Resource:
    modalities = sorted({one.modality for one in facts.series if one.modality})
    own = [{"system": "urn:dicom:uid", "value": f"urn:oid:{facts.uid}"}]
    if facts.accession_number:
        own.append(accession(addresses, facts.accession_number))
    return versioned(
        _kept(
            resourceType="ImagingStudy",
            id=str(facts.id),
            contained=[_endpoint(addresses)],
            identifier=own,
            status="available",
            modality=[_modality(code) for code in modalities],
            subject=_subject(facts),
            started=_instant(facts.started),
            endpoint=[{"reference": "#dicomweb"}],
            numberOfSeries=len(facts.series),
            numberOfInstances=sum(one.instances for one in facts.series),
            procedureCode=[{"text": facts.procedure}] if facts.procedure else None,
            description=facts.description,
            series=[_series(one) for one in facts.series],
        )
    )


def _endpoint(addresses: Addresses) -> Resource:
    """Where the images are: our DICOMweb."""
    return {
        "resourceType": "Endpoint",
        "id": "dicomweb",
        "status": "active",
        "connectionType": {
            "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
            "code": "dicom-wado-rs",
        },
        "payloadType": [{"text": "DICOM"}],
        "payloadMimeType": ["application/dicom"],
        "address": addresses.dicomweb,
    }


def _subject(facts: StudyFacts) -> Resource:
    if facts.patient_id is not None:
        return _kept(reference=f"Patient/{facts.patient_id}", display=facts.patient_name)
    number = {"value": facts.patient_number} if facts.patient_number else None
    return _kept(type="Patient", identifier=number, display=facts.patient_name)


def _modality(code: str) -> Resource:
    return {"system": DICOM_CODES, "code": code}


def _series(facts: SeriesFacts) -> Resource:
    return _kept(
        uid=facts.uid,
        number=facts.number if facts.number is not None and facts.number >= 0 else None,
        modality=_modality(facts.modality or "OT"),
        description=facts.description,
        numberOfInstances=facts.instances,
        bodySite={"display": facts.body_part} if facts.body_part else None,
    )


def diagnostic_report(facts: ReportFacts, addresses: Addresses) -> Resource:
    number = accession(addresses, facts.accession_number)
    pdf = {
        "contentType": "application/pdf",
        "language": "zh-CN",
        "url": f"{addresses.fhir}/Binary/report-{facts.id}",
        "title": "影像检查报告单",
    }
    return versioned(
        _kept(
            resourceType="DiagnosticReport",
            id=str(facts.id),
            text=_narrative(facts.findings, facts.impression),
            identifier=[number],
            status="corrected" if facts.is_corrected else "final",
            category=[_coded("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", "Radiology")],
            code=_coded("http://loinc.org", "18748-4", "Diagnostic imaging study")
            | _kept(text=facts.procedure),
            subject=_kept(reference=f"Patient/{facts.patient_id}", display=facts.patient_name),
            effectiveDateTime=_instant(facts.acquired_at),
            issued=_instant(facts.reported_at),
            performer=[{"display": facts.reporter}] if facts.reporter else None,
            resultsInterpreter=[{"display": facts.reviewer}] if facts.reviewer else None,
            imagingStudy=[{"reference": f"ImagingStudy/{one}"} for one in facts.study_ids],
            conclusion=facts.impression,
            presentedForm=[pdf],
        )
    )


def _coded(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _narrative(findings: str, impression: str) -> Resource | None:
    """The text as people read it; FHIR has no field for findings."""
    blocks = [("所见", findings), ("诊断", impression)]
    told = "".join(
        f"<h2>{title}</h2><p>{'<br/>'.join(map(_clean, text.splitlines()))}</p>"
        for title, text in blocks
        if text.strip()
    )
    if not told:
        return None
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{told}</div>'}


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return escape("".join(char for char in text if char >= " " or char == "\t"))


def _instant(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat(timespec="seconds") if when is not None else None


def bundle(
    entries: list[Resource], addresses: Addresses, *, own_url: str, next_url: str = ""
) -> Resource:
    """A page of a search."""
    links = [{"relation": "self", "url": own_url}]
    if next_url:
        links.append({"relation": "next", "url": next_url})
    return _kept(
        resourceType="Bundle",
        type="searchset",
        link=links,
        entry=[
            {
                "fullUrl": f"{addresses.fhir}/{one['resourceType']}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in entries
        ],
    )


_ISSUES = {
    400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported",
    406: "not-supported", 409: "conflict", 410: "deleted", 413: "too-long", 429: "throttled",
    503: "transient",
}  # fmt: skip


def operation_outcome(status: int, code: str, message: str) -> Resource:
    """An error as FHIR tells it: our stable code as diagnostics, our sentence as details."""
    issue = {
        "severity": "error",
        "code": _ISSUES.get(status, "exception"),
        "details": {"text": message},
        "diagnostics": code,
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}
