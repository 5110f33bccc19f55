"""STOW-RS: durable before the answer, an honest word for each object, and nothing kept of what lies."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly.runtime import Runtime
from bff.dicomweb.multipart_reader import (
    Event,
    MultipartError,
    MultipartReader,
    PartBegin,
    PartData,
    PartEnd,
)
from imaging.dicom.reader import read_file, split_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from storage.records.imaging import Instance, QuarantinedInstance
from storage.records.outbox import OutboxRow
from tests.bff.dicomweb.conftest import web_client
from tests.bff.dicomweb.parts import body_of, stow_headers
from tests.support.archive import CT, WANG, instance

STUDY = {"StudyInstanceUID": "1.2.50", "AccessionNumber": "S50"}


def object_of(number: int, study: dict[str, str] = STUDY, **more: Any) -> bytes:
    return instance(WANG, study, 1, number, CT, **more)


def reasons(model: dict[str, Any], tag: str) -> list[int]:
    return [item["00081197"]["Value"][0] for item in model.get(tag, {}).get("Value", [])]


async def stow(web: httpx.AsyncClient, body: bytes, path: str = "/studies") -> httpx.Response:
    return await web.post(path, content=body, headers=stow_headers())


def spooled(runtime: Runtime) -> list[Path]:
    folder = runtime.settings.spool_folder()
    return list(folder.rglob("*.part")) if folder.is_dir() else []


async def test_what_is_stored_is_durable_and_asked_to_be_indexed(each_runtime: Runtime) -> None:
    async with web_client(each_runtime) as web:
        answer = await stow(web, body_of([object_of(1), object_of(2)]))
        model = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (
            200, "application/dicom+json",
        )  # fmt: skip
        items = model["00081199"]["Value"]
        assert [item["00081155"]["Value"][0] for item in items] == ["1.2.50.1.1", "1.2.50.1.2"]
        assert model["00081190"]["Value"][0].endswith("/dicomweb/studies/1.2.50")
        assert items[0]["00081190"]["Value"][0].endswith(
            "/studies/1.2.50/series/1.2.50.1/instances/1.2.50.1.1"
        )
        rows = await Instance.all().order_by("sop_instance_uid")
        assert [row.calling_ae for row in rows] == ["pacs", "pacs"]
        assert await OutboxRow.filter(topic="index_instance").count() == 2
        for row, sent in zip(rows, (object_of(1), object_of(2)), strict=True):
            kept = await each_runtime.objects.get(row.object_key, sha256=row.sha256)
            assert kept[split_file(kept)[1] :] == sent[split_file(sent)[1] :]
            assert read_file(kept).transfer_syntax_uid == EXPLICIT_LITTLE
        # again: the same word, and nothing twice
        assert (await stow(web, body_of([object_of(1)]))).status_code == 200
        assert await Instance.all().count() == 2
        # other bytes under a known UID: both kept, and said
        other = await stow(web, body_of([object_of(1, InstitutionName="other")]))
        assert other.status_code == 202
        (item,) = other.json()["00081199"]["Value"]
        assert item["00081196"]["Value"] == [0xB000]
        assert await QuarantinedInstance.all().count() == 1


async def test_a_large_object_goes_to_disk_while_it_comes(
    web: httpx.AsyncClient, runtime: Runtime
) -> None:
    large = object_of(1, PixelData=bytes(range(256)) * (40 << 10))  # 10 MB
    answer = await stow(web, body_of([large, object_of(2)]))
    assert answer.status_code == 200, answer.text
    row = await Instance.get(sop_instance_uid="1.2.50.1.1")
    kept = await runtime.objects.get(row.object_key, sha256=row.sha256)
    assert kept[split_file(kept)[1] :] == large[split_file(large)[1] :]
    alone = await web.post(
        "/studies/1.2.50", content=object_of(3), headers={"Content-Type": "application/dicom"}
    )
    assert alone.status_code == 200
    assert spooled(runtime) == []


async def test_each_part_has_its_own_fate(web: httpx.AsyncClient, runtime: Runtime) -> None:
    good, foreign = object_of(1), object_of(1, {"StudyInstanceUID": "1.2.51"})
    no_study = object_of(2, {"StudyInstanceUID": ""})
    cut = object_of(4)[:200]
    answer = await stow(
        web, body_of([good, b"", b"not DICOM at all" * 9, foreign, no_study, cut]),
        "/studies/1.2.50",
    )  # fmt: skip
    model = answer.json()
    assert answer.status_code == 202
    assert len(model["00081199"]["Value"]) == 1
    assert 0xA900 in reasons(model, "00081198")
    assert reasons(model, "0008119A").count(0xC000) >= 2
    failed = len(reasons(model, "00081198")) + len(reasons(model, "0008119A"))
    assert failed == 5
    nothing = await stow(web, body_of([b"", b"x"]))
    assert nothing.status_code == 409 and len(reasons(nothing.json(), "0008119A")) == 2
    picture = await stow(web, body_of([object_of(7)], kind="image/jpeg"))
    assert picture.status_code == 409
    assert await Instance.filter(sop_instance_uid__startswith="1.2.5").count() == 1


async def test_bodies_that_lie_leave_nothing(web: httpx.AsyncClient, runtime: Runtime) -> None:
    whole = body_of([object_of(1), object_of(2, PixelData=bytes(3 << 20))])
    cut = await stow(web, whole[:-50])
    assert cut.status_code == 202
    assert len(cut.json()["00081199"]["Value"]) == 1
    assert reasons(cut.json(), "0008119A") == [0xC000]
    for body, kind in [
        (b"", stow_headers()),
        (b"no delimiter here", stow_headers()),
        (b"--b--\r\n", stow_headers()),
        (b"x" * 100_000, stow_headers()),
        (b"--b\r\n" + b"A" * 20_000, stow_headers()),
        (b"--b\r\nno colon\r\n\r\nx\r\n--b--", stow_headers()),
        (whole, {"Content-Type": "multipart/related; type=application/dicom"}),
        (whole, {"Content-Type": "multipart/related; boundary="}),
        (whole, {"Content-Type": f"multipart/related; boundary={'b' * 200}"}),
        (whole, {"Content-Type": "multipart/related; boundary=other"}),
    ]:
        answer = await web.post("/studies", content=body, headers=kind)
        assert answer.status_code == 400, (body[:20], kind)
    for kind_of in ("application/json", "multipart/form-data; boundary=b", "text/plain",
                    'multipart/related; type="application/dicom+json"; boundary=b', ""):  # fmt: skip
        answer = await web.post("/studies", content=whole, headers={"Content-Type": kind_of})
        assert answer.status_code == 415, kind_of
    assert (await stow(web, whole, "/studies/1.2.x")).status_code == 400
    assert spooled(runtime) == []
    assert await Instance.filter(sop_instance_uid__startswith="1.2.50").count() == 1


async def test_a_sender_that_vanishes_leaves_nothing(
    web: httpx.AsyncClient, runtime: Runtime
) -> None:
    body = body_of([object_of(1, PixelData=bytes(4 << 20))])
    head = (
        f"POST /dicomweb/studies HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 1000}\r\n"
        f"Authorization: {web.headers['authorization']}\r\n"
        f"Content-Type: {stow_headers()['Content-Type']}\r\n\r\n"
    )
    port = web.base_url.port
    assert port is not None
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + body[: 3 << 20])
    await writer.drain()
    async with asyncio.timeout(20):
        while not spooled(runtime):
            await asyncio.sleep(0.02)
    writer.transport.abort()
    async with asyncio.timeout(20):
        while spooled(runtime):
            await asyncio.sleep(0.02)
    assert await Instance.filter(sop_instance_uid__startswith="1.2.50").count() == 0
    assert (await stow(web, body)).status_code == 200


async def test_too_much_is_413_and_rights_are_asked_first(runtime: Runtime) -> None:
    runtime.settings.stow_max_mb = 1
    async with web_client(runtime, "dicomweb.read") as web:
        assert (await stow(web, body_of([object_of(1)]))).status_code == 403
    async with web_client(runtime, "dicomweb.write", name="second") as web:
        assert (await stow(web, bytes(2 << 20))).status_code == 413
        assert (await stow(web, body_of([object_of(1)]))).status_code == 200


async def test_a_full_disk_is_503_and_not_a_lie(
    web: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain.errors import Unavailable

    async def full(*_: Any) -> Any:
        raise Unavailable("storage_full")

    monkeypatch.setattr(type(runtime.objects), "put_pieces", full)
    answer = await stow(web, body_of([object_of(1)]))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert reasons(answer.json(), "00081198") == [0xA700]


def events_of(body: bytes, boundary: str, size: int) -> list[Event]:
    reader = MultipartReader(boundary)
    events = [e for n in range(0, len(body), size) for e in reader.feed(body[n : n + size])]
    assert reader.is_done
    return events


def bodies_of(events: list[Event]) -> list[bytes]:
    bodies: list[bytes] = []
    for event in events:
        match event:
            case PartBegin():
                bodies.append(b"")
            case PartData():
                bodies[-1] += event.data
            case PartEnd():
                pass
    return bodies


PIECES = st.lists(
    st.lists(st.sampled_from([b"\r\n", b"--b", b"--", b"-", b"\r", b"x", b"\r\n--", b"\r\n--bc",
                              b"\0" * 5])).map(b"".join), max_size=4,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(PIECES, st.integers(1, 12))
def test_parts_are_the_same_however_they_are_cut(parts: list[bytes], size: int) -> None:
    parts = [part for part in parts if b"\r\n--b\r\n" not in b"\r\n" + part + b"\r\n"
             and b"\r\n--b--" not in b"\r\n" + part + b"\r\n"]  # fmt: skip
    body = body_of(parts)
    assert bodies_of(events_of(body, "b", size)) == parts
    assert bodies_of(events_of(body, "b", len(body))) == parts


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 9))
def test_any_bytes_are_parts_or_a_multipart_error(noise: bytes, size: int) -> None:
    reader = MultipartReader("b")
    try:
        for n in range(0, len(noise), size):
            reader.feed(b"\r\n--b\r\n" + noise[n : n + size])
    except MultipartError:
        pass


def test_preamble_and_epilogue_are_passed_over() -> None:
    body = b"This is a preamble\r\n--b  \r\nA: 1\r\n\r\none\r\n--b--\r\nepilogue --b\r\n"
    events = events_of(body, "b", 3)
    assert bodies_of(events) == [b"one"]
    assert isinstance(events[0], PartBegin) and events[0].headers == {"a": "1"}
