"""QIDO-RS on both databases: what C-FIND finds is what a query finds, at every level."""

import asyncio
from typing import Any

import httpx

from assembly.runtime import Runtime
from storage.records.client import ApiClient
from tests.support.archive import files
from tests.support.images import images

STUDY_QUERIES = [
    ("", ["J1", "B_4", "A3", "A2", "A1"]),
    ("PatientID=P1", ["J1", "A2", "A1"]),
    ("00100020=P2", ["A3"]),
    ("PatientName=wang*", ["J1", "A2", "A1"]),
    ("PatientName=%E7%8E%8B%E5%B0%8F%E6%98%8E", ["J1", "A2", "A1"]),
    ("PatientName=Nobody", []),
    ("StudyDate=20260110-20260111", ["A2", "A1"]),
    ("StudyDate=-20260110", ["A1"]),
    ("StudyDate=20260101-20261231&StudyTime=0900-1300", ["J1", "A3"]),
    ("StudyInstanceUID=1.2.1,1.2.3", ["A3", "A1"]),
    ("StudyInstanceUID=1.2.1%5C1.2.3", ["A3", "A1"]),
    ("StudyInstanceUID=1.2.1&StudyInstanceUID=1.2.2", ["A2", "A1"]),
    ("ModalitiesInStudy=SR,MR", ["B_4", "A3", "A1"]),
    ("AccessionNumber=A%3F", ["A3", "A2", "A1"]),
    ("StudyDescription=CHEST%20%5B100%25%5D", ["A2"]),
    ("limit=2", ["J1", "B_4"]),
    ("limit=2&offset=3", ["A2", "A1"]),
    ("offset=5", []),
    ("limit=1&offset=1&StudyTime=0000-2359", ["A3"]),
    ("limit=0", []),
]


def values(answer: httpx.Response, tag: str) -> list[Any]:
    return [one[tag]["Value"][0] for one in answer.json()] if answer.content else []


async def test_studies_on_each_database(each_web: httpx.AsyncClient) -> None:
    for query, expected in STUDY_QUERIES:
        answer = await each_web.get(f"/studies?{query}")
        assert answer.status_code == (200 if expected else 204), query
        assert values(answer, "00080050") == expected, query
    levels = {
        "/studies/1.2.1/series": ["1.2.1.1", "1.2.1.2"],
        "/series?Modality=SR": ["1.2.1.2"],
        "/series?StudyInstanceUID=1.2.9&SeriesNumber=2": ["1.2.9.2"],
    }
    for path, expected in levels.items():
        assert values(await each_web.get(path), "0020000E") == expected, path
    instances = {
        "/studies/1.2.1/instances": ["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3", "1.2.1.2.1"],
        "/studies/1.2.1/series/1.2.1.1/instances?InstanceNumber=2": ["1.2.1.1.2"],
        "/instances?SOPInstanceUID=1.2.3.1.1": ["1.2.3.1.1"],
        "/studies/1.2.1/series/1.2.9.1/instances": [],
    }
    for path, expected in instances.items():
        assert values(await each_web.get(path), "00080018") == expected, path


async def test_a_study_says_what_the_standard_wants(web: httpx.AsyncClient) -> None:
    (study,) = (await web.get("/studies?AccessionNumber=A1")).json()
    assert study["00100010"] == {
        "vr": "PN",
        "Value": [{"Alphabetic": "Wang^Xiaoming", "Ideographic": "王^小明"}],
    }
    assert study["00080061"] == {"vr": "CS", "Value": ["CT", "SR"]}
    assert study["00201206"] == {"vr": "IS", "Value": [2]}
    assert study["00201208"] == {"vr": "IS", "Value": [4]}
    assert study["00080020"] == {"vr": "DA", "Value": ["20260110"]}
    assert study["00080030"] == {"vr": "TM", "Value": ["080500"]}
    url = study["00081190"]["Value"][0]
    assert url.endswith("/dicomweb/studies/1.2.1") and url.startswith("http")
    assert "00102160" not in study
    assert list(study) == sorted(study)


async def test_an_instance_says_its_size(web: httpx.AsyncClient) -> None:
    (one,) = (await web.get("/studies/1.2.9/instances?SOPInstanceUID=1.2.9.2.2")).json()
    sizes = {tag: one[tag]["Value"] for tag in ("00280010", "00280011", "00280100", "00280008")}
    assert sizes == {"00280010": [64], "00280011": [64], "00280100": [16], "00280008": [3]}
    assert one["00081190"]["Value"][0].endswith(
        "/dicomweb/studies/1.2.9/series/1.2.9.2/instances/1.2.9.2.2"
    )


async def test_what_is_asked_for_is_answered(web: httpx.AsyncClient) -> None:
    plain = (await web.get("/studies?AccessionNumber=A1")).json()[0]
    assert "00080062" not in plain
    for field in ("includefield=00080062", "includefield=StudyID,SOPClassesInStudy",
                  "includefield=all"):  # fmt: skip
        more = (await web.get(f"/studies?AccessionNumber=A1&{field}")).json()[0]
        assert len(more["00080062"]["Value"]) == 2, field


async def test_what_is_not_done_is_said(web: httpx.AsyncClient) -> None:
    answer = await web.get("/studies?fuzzymatching=true&PatientID=P1")
    assert "fuzzymatching" in answer.headers["warning"]
    assert answer.headers["warning"].startswith("299 ")
    assert "more" not in (await web.get("/studies?fuzzymatching=false")).headers
    answer = await web.get("/studies?InstitutionName=x&PatientID=P1")
    assert "InstitutionName" in answer.headers["warning"]
    assert len(answer.json()) == 3
    answer = await web.get("/studies?00400275.00400009=x")
    assert "299" in answer.headers["warning"]
    assert "additional" in (await web.get("/studies?limit=1")).headers["warning"]
    assert "warning" not in (await web.get("/studies?limit=5")).headers


BAD_QUERIES = [
        ("/studies?NoSuchAttribute=1", 400, "query_key_unknown"),
        ("/studies?99990010=1", 400, "query_key_unknown"),
        ("/studies?includefield=Nonsense", 400, "query_key_unknown"),
        ("/studies?StudyDate=yesterday", 400, "query_key_malformed"),
        ("/studies?SeriesNumber=x", 200, ""),  # a key of a lower level is left out
        ("/series?SeriesNumber=x", 400, "query_key_malformed"),
        ("/studies?limit=-1", 400, "query_key_malformed"),
        ("/studies?limit=1e3", 400, "query_key_malformed"),
        ("/studies?offset=%00", 400, "query_key_malformed"),
        ("/studies?PatientID=a%00b", 400, "query_key_malformed"),
        ("/studies?PatientID=" + "a" * 300, 400, "query_key_malformed"),
        ("/studies/..%2f..%2fetc/series", 400, "uid_malformed"),
        ("/studies/1.2.1'%20OR%201=1/series", 400, "uid_malformed"),
        ("/studies/01.2/instances", 400, "uid_malformed"),
        ("/studies/" + "1." * 40 + "1/series", 400, "uid_malformed"),
        ("/studies/1.2.777/series", 204, ""),
    ]  # fmt: skip


async def test_bad_queries_have_a_clear_answer(web: httpx.AsyncClient) -> None:
    for path, status, code in BAD_QUERIES:
        answer = await web.get(path)
        assert answer.status_code == status, path
        assert not code or answer.json()["error"]["code"] == code, path


async def test_a_very_wide_query_is_refused_at_the_door(web: httpx.AsyncClient) -> None:
    wide = ",".join(f"1.2.{n}" for n in range(10_000))
    request = f"GET /dicomweb/studies?StudyInstanceUID={wide} HTTP/1.1\r\nHost: x\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", web.base_url.port)
    writer.write(request.encode())
    assert b" 413 " in await reader.readline()
    writer.close()
    keys = "&".join(f"PatientID=p{n}" for n in range(400))
    assert (await web.get(f"/studies?{keys}")).status_code in (200, 204)


ACCEPTS = [
    ("application/dicom+json", 200),
    ("application/json", 200),
    ("*/*", 200),
    ("application/*", 200),
    ("application/xml;q=1, application/dicom+json;q=0.1", 200),
    ('multipart/related; type="application/dicom+xml"', 406),
    ("text/html", 406),
    ("application/dicom+json;q=0", 406),
    ("nonsense", 406),
    (";;;", 406),
    (",".join(["a/b"] * 500), 406),
]


async def test_accept_is_obeyed(web: httpx.AsyncClient) -> None:
    for accept, status in ACCEPTS:
        answer = await web.get("/studies", headers={"Accept": accept})
        assert answer.status_code == status, accept


async def test_who_may_ask(web: httpx.AsyncClient, runtime: Runtime) -> None:
    assert (await web.get("/studies", headers={"Authorization": ""})).status_code == 401
    assert (await web.get("/studies", headers={"Authorization": "Bearer x"})).status_code == 401
    await ApiClient.filter(name="pacs").update(scopes="ris fhir.read dicomweb.write")
    assert (await web.get("/studies")).status_code == 403


def test_the_archive_is_what_the_queries_expect() -> None:
    assert (len(files()), len(images())) == (8, 8)
