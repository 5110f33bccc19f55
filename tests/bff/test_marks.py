"""Marks, tags, originals and hanging protocols over HTTP: who may, who may not."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from assembly.runtime import Runtime
from storage.records.audit import AuditEntry
from storage.records.imaging import Instance, Series, Study
from tests.bff.test_patient_path import RIGHT, token, try_digits
from tests.bff.test_shares import link
from tests.support.staff import fill_study, make_doctor, signed_in, small_ct
from tests.usecases.marking.test_save_marks import line

__all__ = ["token"]


@dataclass(frozen=True)
class Place:
    study: str
    series: str

    @property
    def marks(self) -> str:
        return f"/api/viewing/v1/marks/{self.study}"

    def original(self, uid: str) -> str:
        return f"/api/viewing/v1/series/{self.series}/instances/{uid}/original.dcm"

    @property
    def tags(self) -> str:
        return f"/api/viewing/v1/series/{self.series}/tags"


@pytest.fixture
async def place(runtime: Runtime, token: str) -> Place:
    """A study of the order that the code belongs to."""
    await fill_study(runtime)
    return Place((await Study.get()).public_id, (await Series.get()).public_id)


@pytest.fixture
async def doctors(base_url: str) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Two of the examination's campus, one of another."""
    clients = {}
    for name, campus in (("zhang", "东院区"), ("wang", "东院区"), ("far", "西院区")):
        await make_doctor(name, campus, f"{name}医生")
        client = httpx.AsyncClient(base_url=base_url, timeout=20)
        clients[name] = await signed_in(client, name)
    yield clients
    for client in clients.values():
        await client.aclose()


async def save(client: httpx.AsyncClient, place: Place, version: int, *marks: Any) -> Any:
    return await client.put(place.marks, json={"version": version, "marks": list(marks)})


async def test_a_second_device_merges_and_loses_nothing(
    doctors: dict[str, httpx.AsyncClient], place: Place, base_url: str
) -> None:
    phone = doctors["zhang"]
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as desk:
        await signed_in(desk, "zhang")
        first = line(place.series, "from-phone")
        assert (await save(phone, place, 0, first)).json()["version"] == 1
        late = await save(desk, place, 0, line(place.series, "from-desk1"))
        assert (late.status_code, late.json()["error"]["code"]) == (409, "marks_conflict")
        now = (await desk.get(place.marks)).json()["mine"]
        both = [*now["marks"], line(place.series, "from-desk1")]
        assert (await save(desk, place, now["version"], *both)).json()["version"] == 2
        seen = (await phone.get(place.marks)).json()["mine"]["marks"]
        assert [mark["uid"] for mark in seen] == ["from-phone", "from-desk1"]
    assert await AuditEntry.filter(action="marks_saved").count() >= 1


async def test_nobody_writes_in_anothers_name(
    doctors: dict[str, httpx.AsyncClient], place: Place
) -> None:
    await save(doctors["zhang"], place, 0, line(place.series, "of-zhang-1"))
    # wang knows zhang's version and uid, and says that he is zhang
    forged = line(place.series, "of-zhang-1", text="改", author="zhang医生", account=1)
    assert (await save(doctors["wang"], place, 1, forged)).status_code == 409
    assert (await save(doctors["wang"], place, 0, forged)).status_code == 200
    seen = (await doctors["zhang"].get(place.marks)).json()
    assert [mark["text"] for mark in seen["mine"]["marks"]] == [""]
    assert [(one["author"], one["marks"][0]["text"]) for one in seen["others"]] == [
        ("wang医生", "改")
    ]


async def test_another_campus_a_patient_and_a_share_find_nothing(
    doctors: dict[str, httpx.AsyncClient],
    place: Place,
    browser: httpx.AsyncClient,
    token: str,
    base_url: str,
) -> None:
    uid = (await Instance.all().first()).sop_instance_uid  # type: ignore[union-attr]
    far = doctors["far"]
    for path in (place.marks, place.tags, place.original(uid)):
        assert (await far.get(path)).status_code == 404
    assert (await save(far, place, 0, line(place.series))).status_code == 404
    assert (await far.get("/api/staff/v1/exams")).json()["exams"] == []
    assert (await try_digits(browser, token, RIGHT)).status_code == 200
    made = (await browser.post("/api/share/v1/shares", json={"days": 1})).json()
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as guest:
        await guest.post(f"/api/share/v1/links/{link(made)}/open", json={"pass_code": ""})
        assert (await guest.get("/api/viewing/v1/manifest")).status_code == 200
        assert (await guest.get("/api/viewing/v1/priors")).json() == {"exams": []}
        for client in (guest, browser):
            for path in (place.marks, place.tags, place.original(uid), "/api/viewing/v1/hanging"):
                assert (await client.get(path)).status_code == 401
            assert (await save(client, place, 0, line(place.series))).status_code == 401
    async with httpx.AsyncClient(base_url=base_url) as nobody:
        assert (await nobody.get(place.marks)).status_code == 401


async def test_what_is_no_mark_is_refused_and_nothing_kept(
    doctors: dict[str, httpx.AsyncClient], place: Place
) -> None:
    zhang = doctors["zhang"]
    for body in ({}, {"version": 0}, {"version": -1, "marks": []}, {"version": True, "marks": []}):
        assert (await zhang.put(place.marks, json=body)).status_code == 400
    foreign = await zhang.put(
        place.marks, json={"version": 0, "marks": []}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    large = await zhang.put(place.marks, json={"version": 0, "marks": [], "pad": "x" * (1 << 20)})
    assert (large.status_code, large.json()["error"]["code"]) == (400, "marks_too_large")
    assert (await zhang.get(place.marks)).json()["mine"]["version"] == 0
    assert (await zhang.get("/api/viewing/v1/marks/" + "n" * 22)).status_code == 404


async def test_d8_2_the_original_file_comes_back_byte_for_byte_and_is_noted(
    doctors: dict[str, httpx.AsyncClient], place: Place
) -> None:
    for n in (1, 2):
        uid = f"1.2.826.9.1.{n}"
        answer = await doctors["zhang"].get(place.original(uid))
        assert answer.status_code == 200
        row = await Instance.get(sop_instance_uid=uid)
        assert hashlib.sha256(answer.content).hexdigest() == row.sha256
        assert f'filename="CT-1-{n}.dcm"' in answer.headers["content-disposition"]
        assert "no-store" in answer.headers["cache-control"]
    assert await AuditEntry.filter(action="original").count() == 2
    assert (await doctors["zhang"].get(place.original("1.2.3"))).status_code == 404


async def test_d8_2_the_tags_of_every_file_are_there(
    doctors: dict[str, httpx.AsyncClient], place: Place
) -> None:
    answer = await doctors["zhang"].get(place.tags)
    tags = answer.json()
    assert tags["names"]["00180050"] == "SliceThickness"
    assert tags["common"]["00180050"]["Value"] == [5]
    assert tags["common"]["7FE00010"] == {
        "vr": "OW",
        "InlineBinary": tags["common"]["7FE00010"]["InlineBinary"],
    }
    numbers = set()
    for uid, own in tags["instances"].items():
        merged = tags["common"] | own
        assert merged["00080018"]["Value"] == [uid]
        numbers.add(merged["00200013"]["Value"][0])
        assert merged["00100010"]["Value"][0]["Ideographic"] == "李秀英"
    assert numbers == {1, 2, 3}
    again = await doctors["zhang"].get(
        place.tags, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


async def test_ones_own_hanging_is_ones_own(
    doctors: dict[str, httpx.AsyncClient], place: Place
) -> None:
    path = "/api/viewing/v1/hanging"
    mine = {"CT": {"rows": 2, "cols": 2, "tiles": False, "cells": ["轴位", "冠状位"]}}
    saved = await doctors["zhang"].put(path, json={"protocols": mine})
    assert saved.json() == {"protocols": mine}
    assert (await doctors["zhang"].get(path)).json() == {"protocols": mine}
    assert (await doctors["wang"].get(path)).json() == {"protocols": {}}
    for wrong in (
        [], {"ct": mine["CT"]}, {"CT": {"rows": 5, "cols": 1}}, {"CT": {"rows": 1}},
        {"CT": {"rows": 1, "cols": 1, "cells": ["x" * 65]}}, {"CT": {"rows": True, "cols": 1}},
    ):  # fmt: skip
        refused = await doctors["zhang"].put(path, json={"protocols": wrong})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "hanging_malformed")


async def test_a_view_of_a_projection_is_in_the_manifest(
    runtime: Runtime, doctors: dict[str, httpx.AsyncClient], token: str
) -> None:
    flat: dict[str, Any] = {"ImageOrientationPatient": "", "Modality": "MG", "ViewPosition": "MLO"}
    await fill_study(
        runtime,
        small_ct(1, 7, **flat, ImageLaterality="R", PatientOrientation=["P", "FL"]),
    )
    exam = (await doctors["zhang"].get("/api/staff/v1/exams")).json()["exams"][0]["id"]
    answer = await doctors["zhang"].get("/api/viewing/v1/manifest", params={"exam": exam})
    frames = answer.json()["studies"][0]["series"][0]["frames"]
    assert frames["view"] == [{"position": "MLO", "side": "R", "right": "P", "down": "FL"}]
