"""WADO-RS: objects, frames, metadata and pictures in every form that a caller may ask for."""

import io
from typing import Any

import httpx
import numpy as np
from PIL import Image

from assembly.runtime import Runtime
from bff.dicomweb.syntaxes import DECODABLE
from imaging.codecs import supported_syntaxes
from imaging.dicom.json_model import from_json
from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE, JPEG_LOSSLESS_SV1
from storage.records.audit import AuditEntry
from storage.records.imaging import Instance
from tests.bff.dicomweb.parts import parts_of
from tests.support.images import JPEG_BASELINE, MPEG4, RAMP, images, turned

ONE = "/studies/1.2.9/series/1.2.9.1/instances/1.2.9.1."
MULTI = "/studies/1.2.9/series/1.2.9.2/instances/1.2.9.2."
RELATED = "multipart/related; type="
ANY = f'{RELATED}"application/dicom"; transfer-syntax=*'


async def get(web: httpx.AsyncClient, path: str, accept: str, **headers: str) -> httpx.Response:
    return await web.get(path, headers={"Accept": accept, **headers})


async def test_objects_come_in_the_transfer_syntax_that_is_asked_for(
    web: httpx.AsyncClient,
) -> None:
    native, packed, *_ = images()[:4]
    cases = [
        ("1", f'{RELATED}"application/dicom"', EXPLICIT_LITTLE, native),
        ("1", "*/*", EXPLICIT_LITTLE, native),
        ("1", "multipart/related", EXPLICIT_LITTLE, native),
        ("2", ANY, JPEG_LOSSLESS_SV1, packed),
        ("2", f"{RELATED}application/dicom; transfer-syntax={JPEG_LOSSLESS_SV1}",
         JPEG_LOSSLESS_SV1, packed),
        ("2", f'{RELATED}"application/dicom"', EXPLICIT_LITTLE, None),
        ("1", f'{RELATED}"application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80',
         "1.2.840.10008.1.2.4.80", None),
        ("3", ANY, EXPLICIT_LITTLE, None),  # implicit VR does not go over the web
        ("4", ANY, EXPLICIT_LITTLE, None),
    ]  # fmt: skip
    for number, accept, syntax, stored in cases:
        answer = await get(web, ONE + number, accept)
        assert answer.status_code == 200, accept
        ((kind, body),) = parts_of(answer)
        assert kind == f"application/dicom; transfer-syntax={syntax}"
        file = read_file(body)
        assert file.transfer_syntax_uid == syntax
        assert stored is None or body == stored
        if syntax == EXPLICIT_LITTLE:
            assert file.dataset.raw("PixelData") == RAMP.tobytes(), (number, accept)


async def test_what_cannot_be_given_is_refused(web: httpx.AsyncClient) -> None:
    video = "/studies/1.2.9/series/1.2.9.4/instances/1.2.9.4.1"
    for path, accept, status in [
        (ONE + "1", "text/html", 406),
        (ONE + "1", f"{RELATED}image/jpeg", 406),
        (ONE + "1", f"application/dicom; transfer-syntax={IMPLICIT_LITTLE}", 406),
        (ONE + "1", "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90", 406),
        (video, "*/*", 406),
        (video, f"{RELATED}application/dicom; transfer-syntax={MPEG4}", 200),
        (video, ANY, 200),
        (video + "/rendered", "image/jpeg", 406),
        (video + "/frames/1", "*/*", 406),
        (ONE + "1/rendered", "image/webp", 406),
        ("/studies/1.2.1/series/1.2.1.2/instances/1.2.1.2.1/rendered", "image/png", 406),
        (ONE + "1/frames/1", "image/jpeg", 406),
        (ONE + "9", ANY, 404),
        ("/studies/1.2.1/series/1.2.9.1/instances/1.2.9.1.1", ANY, 404),
        ("/studies/1.2.777", ANY, 404),
        ("/studies/..%2F..%2F..%2Fetc%2Fpasswd", ANY, 400),
        (ONE + "..%2f", ANY, 400),
        (ONE + "1/frames/0", "*/*", 400),
        (ONE + "1/frames/x", "*/*", 400),
        (ONE + "1/frames/1,,1", "*/*", 400),
        (ONE + "1/frames/" + ",".join("1" * 2000), "*/*", 200),
        (ONE + "1/frames/2", "*/*", 404),
        (MULTI + "1/frames/4/rendered", "*/*", 404),
        (ONE + "1/frames/1,2/rendered", "*/*", 400),
        (ONE + "1/bulkdata/00100010", "*/*", 200),
        (ONE + "1/bulkdata/00100011", "*/*", 404),
        (ONE + "1/bulkdata/..%2F..%2Fsecret.key", "*/*", 404),
        (ONE + "1/bulkdata/00100010/9/00100010", "*/*", 404),
        (ONE + "1/rendered?window=1,2,3,4", "*/*", 400),
        (ONE + "1/rendered?window=nan,1", "*/*", 400),
        (ONE + "1/rendered?window=1,1,cubic", "*/*", 400),
        (ONE + "1/rendered?viewport=99999,1", "*/*", 400),
        (ONE + "1/rendered?viewport=10,10,500,500,9,9", "*/*", 400),
        (ONE + "1/rendered?quality=0", "*/*", 400),
    ]:  # fmt: skip
        answer = await get(web, path, accept)
        assert answer.status_code == status, (path, accept, answer.text[:200])
        if status >= 400:
            assert answer.json()["error"]["code"]


async def test_a_study_is_whole_or_says_that_it_is_not(web: httpx.AsyncClient) -> None:
    answer = await get(web, "/studies/1.2.9", ANY)
    parts = [read_file(body).dataset.text("SOPInstanceUID") for _, body in parts_of(answer)]
    assert (answer.status_code, len(parts), len(set(parts))) == (200, 8, 8)
    answer = await get(web, "/studies/1.2.9", "*/*")
    assert (answer.status_code, len(parts_of(answer))) == (206, 7)
    assert "transfer syntax" in answer.headers["warning"]
    answer = await get(web, "/studies/1.2.9/series/1.2.9.2", "*/*")
    assert (answer.status_code, len(parts_of(answer))) == (200, 2)
    # what is stored has a length before it is sent
    answer = await get(web, "/studies/1.2.1", ANY)
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_an_object_that_is_damaged_breaks_the_answer_off(
    web: httpx.AsyncClient, runtime: Runtime
) -> None:
    second = await Instance.get(sop_instance_uid="1.2.9.1.2")
    first = await Instance.get(sop_instance_uid="1.2.9.1.1")
    store: Any = runtime.objects
    store.path(second.object_key).write_bytes(b"rotten")
    try:
        answer = await get(web, "/studies/1.2.9/series/1.2.9.1", ANY)
        is_whole = answer.status_code == 200
    except httpx.RemoteProtocolError:
        is_whole = False
    assert not is_whole
    assert (await get(web, ONE + "2", "*/*")).status_code == 500
    store.path(first.object_key).unlink()
    assert (await get(web, ONE + "1", ANY)).status_code in (404, 500)


async def test_one_object_alone_knows_ranges_and_tags(web: httpx.AsyncClient) -> None:
    native = images()[0]
    whole = await get(web, ONE + "1", "application/dicom")
    assert whole.content == native and whole.headers["accept-ranges"] == "bytes"
    tag = whole.headers["etag"]
    part = await get(web, ONE + "1", "application/dicom", Range="bytes=128-131")
    assert (part.status_code, part.content) == (206, b"DICM")
    assert part.headers["content-range"] == f"bytes 128-131/{len(native)}"
    tail = await get(web, ONE + "1", "application/dicom", Range="bytes=-10")
    assert tail.content == native[-10:]
    rest = await get(web, ONE + "1", "application/dicom", Range="bytes=8000-")
    assert rest.content == native[8000:]
    stale = {"Range": "bytes=0-1", "If-Range": '"old"'}
    assert (await get(web, ONE + "1", "application/dicom", **stale)).status_code == 200
    beyond = await get(web, ONE + "1", "application/dicom", Range=f"bytes={len(native)}-")
    assert beyond.status_code == 416
    for odd in ("bytes=5-2", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=" + "9" * 40 + "-"):
        answer = await get(web, ONE + "1", "application/dicom", Range=odd)
        assert (answer.status_code, answer.content) == (200, native), odd
    for path, accept in [
        (ONE + "1", "application/dicom"), (ONE + "1", ANY), (MULTI + "1/frames/2", "*/*"),
        ("/studies/1.2.9", ANY), ("/studies/1.2.9/metadata", "*/*"), (ONE + "1/rendered", "*/*"),
    ]:  # fmt: skip
        first = await get(web, path, accept)
        again = await get(web, path, accept, **{"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        other = await get(web, path, accept, **{"If-None-Match": '"x", W/"y"'})
        assert other.status_code == 200
    assert tag != (await get(web, ONE + "2", "application/dicom")).headers["etag"]


async def test_head_says_what_get_would(web: httpx.AsyncClient) -> None:
    for path, accept in [
        (ONE + "1", "application/dicom"), (ONE + "1", ANY), ("/studies/1.2.1", ANY),
        (MULTI + "1/frames/2", "application/octet-stream"), (ONE + "1/rendered", "image/png"),
        ("/studies", "*/*"),
    ]:  # fmt: skip
        head = await web.head(path, headers={"Accept": accept})
        body = await get(web, path, accept)
        assert (head.status_code, head.content) == (200, b""), path
        for name in ("content-length", "content-type", "etag"):
            assert head.headers.get(name) == body.headers.get(name), (path, name)


async def test_frames_as_they_are_stored_or_decoded(web: httpx.AsyncClient) -> None:
    octets = f'{RELATED}"application/octet-stream"'
    for number, accept in [("1", octets), ("1", "*/*"), ("1", octets + "; transfer-syntax=*"),
                           ("2", octets), ("2", "*/*")]:  # fmt: skip
        answer = await get(web, MULTI + f"{number}/frames/3,1", accept)
        parts = parts_of(answer)
        assert [body for _, body in parts] == [turned(2).tobytes(), turned(0).tobytes()]
        assert {kind for kind, _ in parts} == {
            f"application/octet-stream; transfer-syntax={EXPLICIT_LITTLE}"
        }
    stored = read_file(images()[5]).dataset.element("PixelData")
    assert stored is not None and stored.fragments is not None
    for accept, kind in [
        (f'{RELATED}"image/jpeg"; transfer-syntax={JPEG_LOSSLESS_SV1}', "image/jpeg"),
        (f"{RELATED}image/jpeg", "image/jpeg"),
        (f"{RELATED}application/octet-stream; transfer-syntax=*", "application/octet-stream"),
        ("multipart/related; transfer-syntax=*", "image/jpeg"),
    ]:
        ((told, body),) = parts_of(await get(web, MULTI + "2/frames/2", accept))
        assert told == f"{kind}; transfer-syntax={JPEG_LOSSLESS_SV1}"
        assert body == bytes(stored.fragments[2])
    single = await get(web, MULTI + "2/frames/2", "image/jpeg", Range="bytes=0-1")
    assert (single.status_code, single.content) == (206, b"\xff\xd8")
    plain = await get(web, MULTI + "2/frames/2", "application/octet-stream")
    assert plain.content == turned(1).tobytes()
    # big endian pixels come out in little endian, whoever holds them
    swapped = await get(web, ONE + "4/frames/1", "application/octet-stream")
    assert swapped.content == RAMP.tobytes()


async def test_metadata_are_the_header_and_name_their_bulk_data(web: httpx.AsyncClient) -> None:
    answer = await web.get("/studies/1.2.9/metadata")
    assert answer.headers["content-type"] == "application/dicom+json"
    by_uid = {one["00080018"]["Value"][0]: one for one in answer.json()}
    assert len(by_uid) == 8
    assert len((await web.get("/studies/1.2.9/series/1.2.9.2/metadata")).json()) == 2
    one = by_uid["1.2.9.1.1"]
    assert one["00083002"]["Value"] == [EXPLICIT_LITTLE]
    assert by_uid["1.2.9.2.2"]["00083002"]["Value"] == [JPEG_LOSSLESS_SV1]
    dataset = from_json({tag: value for tag, value in one.items() if "BulkDataURI" not in value})
    assert dataset.text("PatientName") == "Wang^Xiaoming=王^小明"
    assert dataset.integer("Rows") == 64
    uri = one["7FE00010"]["BulkDataURI"]
    assert one["7FE00010"]["vr"] == "OW"
    ((_, body),) = parts_of(await web.get(uri))
    assert body == RAMP.tobytes()
    parts = parts_of(await web.get(by_uid["1.2.9.2.2"]["7FE00010"]["BulkDataURI"]))
    assert [body for _, body in parts] == [turned(n).tobytes() for n in range(3)]


async def test_pictures(web: httpx.AsyncClient) -> None:
    def picture(answer: httpx.Response) -> Image.Image:
        assert answer.status_code == 200, answer.text
        return Image.open(io.BytesIO(answer.content))

    png = picture(await get(web, ONE + "1/rendered", "image/png"))
    shown = np.asarray(png)
    expected = np.clip((RAMP.astype(float) - 2047.5) / 4095 + 0.5, 0, 1) * 255
    assert (png.format, png.size, png.mode) == ("PNG", (64, 64), "L")
    assert np.abs(shown - expected).max() <= 1
    assert picture(await get(web, ONE + "1/rendered", "*/*")).format == "JPEG"
    # the same picture out of every transfer syntax
    for number in "234":
        other = picture(await get(web, ONE + number + "/rendered", "image/png"))
        assert np.array_equal(np.asarray(other), shown)
    narrow = picture(await get(web, ONE + "1/rendered?window=100,10", "image/png"))
    assert set(np.asarray(narrow)[2:].flat) == {255}
    sigmoid = picture(await get(web, ONE + "1/rendered?window=2048,4096,sigmoid", "image/png"))
    assert not np.array_equal(np.asarray(sigmoid), shown)
    small = picture(await get(web, ONE + "1/rendered?viewport=32,16", "image/png"))
    assert small.size == (16, 16)
    part = picture(await get(web, ONE + "1/rendered?viewport=64,64,8,16,16,16", "image/png"))
    assert np.array_equal(np.asarray(part)[::4, ::4], shown[16:32, 8:24])
    mirrored = picture(await get(web, ONE + "1/rendered?viewport=16,16,8,16,-16,16", "image/png"))
    assert np.array_equal(np.asarray(mirrored), shown[16:32, 8:24][:, ::-1])
    colour = picture(await get(web, "/studies/1.2.9/series/1.2.9.3/instances/1.2.9.3.1/rendered",
                               "image/jpeg"))  # fmt: skip
    exact = picture(await get(web, "/studies/1.2.9/series/1.2.9.3/instances/1.2.9.3.1/rendered",
                              "image/png"))  # fmt: skip
    assert colour.mode == exact.mode == "RGB"
    difference = np.asarray(colour).astype(int) - np.asarray(exact)
    assert np.abs(difference).mean() < 4
    third = picture(await get(web, MULTI + "1/frames/3/rendered?window=100,10", "image/png"))
    assert np.asarray(third)[1, 40] == 255
    parts = parts_of(await get(web, "/studies/1.2.9/series/1.2.9.1/rendered", "*/*"))
    assert [kind for kind, _ in parts] == ["image/jpeg"] * 4
    for path in ("/studies/1.2.9/series/1.2.9.1", "/studies/1.2.9", ONE + "1",
                 MULTI + "1/frames/2"):  # fmt: skip
        assert picture(await get(web, path + "/thumbnail", "*/*")).size == (256, 256)
    tiny = picture(await get(web, ONE + "1/thumbnail?viewport=20,20", "*/*"))
    assert tiny.size == (20, 20)


async def test_who_looked_is_written_down(web: httpx.AsyncClient) -> None:
    assert await AuditEntry.filter(action="images").count() == 0
    await get(web, ONE + "1/frames/1", "*/*")
    await get(web, ONE + "1/frames/1", "*/*")
    entry = await AuditEntry.get(action="images").prefetch_related("exam")
    assert (entry.actor, entry.exam.accession_number) == ("client:pacs", "J1")


async def test_without_the_pixels_process_stored_bytes_still_come(
    web: httpx.AsyncClient, runtime: Runtime
) -> None:
    runtime.settings.resolved_pixels_socket().unlink()
    assert (await get(web, ONE + "1", ANY)).status_code == 200
    answer = await get(web, ONE + "1/rendered", "*/*")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"]["code"] == "pixels_unavailable"


def test_the_table_of_what_we_decode_is_the_codecs() -> None:
    assert frozenset(supported_syntaxes()) == DECODABLE
    assert JPEG_BASELINE in DECODABLE
