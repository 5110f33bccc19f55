"""Foreign DICOMweb clients against the whole product: Orthanc searches, pulls and pushes, OHIF
shows a study in Chromium, and what Weasis asks for is asked."""

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from imaging.codecs.jpeg.encoder import encode
from imaging.dicom.uid import EXPLICIT_LITTLE, JPEG_LOSSLESS_SV1
from tests.bff.dicomweb.parts import body_of, stow_headers
from tests.support.archive import CT, WANG, instance
from tests.support.browser import chromium, new_context
from tests.support.npm_peers import peer
from tests.support.pacs import Orthanc, orthanc
from tests.support.product import REPOSITORY, Product, product
from tests.support.servers import absent

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
SLICES, SIDE = 6, 128
STUDY = {"StudyInstanceUID": "1.2.826.77", "AccessionNumber": "OHIF1", "StudyDate": "20260301",
         "StudyTime": "100000", "StudyDescription": "CT"}  # fmt: skip
LIMIT_S = 90


def slices(study: dict[str, str] = STUDY) -> list[bytes]:
    """A bright disc that grows through the stack; every second slice packed."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    files = []
    for n in range(SLICES):
        disc = np.where(x * x + y * y < (20 + 6 * n) ** 2, 1100, 0).astype(np.uint16)
        packed = n % 2 == 1
        pixels: Any = [encode(disc[:, :, None], 16)] if packed else disc.tobytes()
        files.append(
            instance(
                WANG, study, 1, n + 1, CT, JPEG_LOSSLESS_SV1 if packed else EXPLICIT_LITTLE,
                Rows=SIDE, Columns=SIDE, BitsAllocated=16, BitsStored=12, HighBit=11,
                PixelRepresentation=0, SamplesPerPixel=1,
                PhotometricInterpretation="MONOCHROME2", PixelSpacing=["1", "1"],
                SliceThickness="2", ImageOrientationPatient=["1", "0", "0", "0", "1", "0"],
                ImagePositionPatient=["0", "0", str(2 * n)], RescaleIntercept="-1000",
                RescaleSlope="1", WindowCenter="0", WindowWidth="400",
                FrameOfReferenceUID="1.2.826.77.99", PixelData=pixels,
            )
        )  # fmt: skip
    return files


class Web:
    """The product's DICOMweb, with a token."""

    def __init__(self, running: Product) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "create-client", "viewer",
             "dicomweb.read dicomweb.write"],
            cwd=REPOSITORY, env=running.environment, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        self.token = done.stdout.decode().strip()
        self.url = running.base_url + "/dicomweb"

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        request = urllib.request.Request(
            self.url + path, body, {"Authorization": f"Bearer {self.token}", **headers}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def wait(self, path: str, count: int) -> list[Any]:
        deadline, found = time.monotonic() + LIMIT_S, []
        while time.monotonic() < deadline:
            _, body = self.ask(path)
            found = json.loads(body or b"[]")
            if isinstance(found, list) and len(found) == count:
                return found
            time.sleep(0.2)
        raise AssertionError(f"{path}: {len(found)} instead of {count}")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with product(tmp_path_factory.mktemp("w") / "var") as running:
        ready = Web(running)
        status, said = ready.ask("/studies", body_of(slices()), **stow_headers())
        assert status == 200, said
        ready.wait(f"/studies/{STUDY['StudyInstanceUID']}/instances", SLICES)
        yield ready


@pytest.fixture(scope="module")
def client(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """Orthanc whose DICOMweb plugin knows us as `ours`."""
    if not PLUGIN.is_file():
        absent("orthanc-dicomweb is not installed (make test installs it on Debian with root)")
    server = {"Url": web.url, "HttpHeaders": {"Authorization": f"Bearer {web.token}"}}
    settings = {
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "Servers": {"ours": server}},
    }
    with orthanc(tmp_path_factory.mktemp("o") / "orthanc", **settings) as running:
        yield running


def ask(client: Orthanc, what: str, **asked: Any) -> Any:
    body = json.dumps(asked | {"Synchronous": True}).encode()
    return client.call(f"/dicom-web/servers/ours/{what}", body)


def test_orthanc_searches_by_qido(web: Web, client: Orthanc) -> None:
    found = ask(client, "qido", Uri="/studies", Arguments={"PatientID": WANG["PatientID"]})
    assert [one["0020000D"]["Value"] for one in found] == [STUDY["StudyInstanceUID"]]


def test_orthanc_pulls_by_wado(web: Web, client: Orthanc) -> None:
    ask(client, "retrieve", Resources=[{"Study": STUDY["StudyInstanceUID"]}])
    pulled = client.call("/instances?expand")
    uids = {one["MainDicomTags"]["SOPInstanceUID"] for one in pulled}
    assert uids == {f"{STUDY['StudyInstanceUID']}.1.{n + 1}" for n in range(SLICES)}


def test_orthanc_pushes_by_stow(web: Web, client: Orthanc) -> None:
    """Its boundary has 73 characters, three more than RFC 2046 allows; its body is chunked."""
    other = STUDY | {"StudyInstanceUID": "1.2.826.78", "AccessionNumber": "STOW1"}
    ids = [client.call("/instances", file)["ID"] for file in slices(other)]
    assert int(ask(client, "stow", Resources=ids)["InstancesCount"]) == SLICES
    web.wait(f"/studies/{other['StudyInstanceUID']}/instances", SLICES)


WEASIS_FIELDS = (
    "00080020,00080030,00080050,00080061,00080090,00081030,00100010,00100020,00100030,00100040,"
    "0020000D,00200010"
)


@pytest.mark.parametrize(
    "request_of", ["patientID=P1", "studyUID=1.2.826.77", "accessionNumber=OHIF1"]
)
def test_what_weasis_asks_for(web: Web, request_of: str) -> None:
    """Weasis itself is not started: these are the requests of its documented
    command `dicom:rs` (nroduit/Weasis issue 102): QIDO by one of three keys, then every instance
    by WADO as part of a multipart, `transfer-syntax=*` by default. That its own reader takes our
    answers is not shown by this."""
    key, value = request_of.split("=")
    keyword = {"patientID": "00100020", "studyUID": "0020000D", "accessionNumber": "00080050"}[key]
    json_type = {"Accept": "application/dicom+json"}
    parts = 'multipart/related;type="application/dicom";transfer-syntax=*'
    _, body = web.ask(f"/studies?{keyword}={value}&includefield={WEASIS_FIELDS}", **json_type)
    studies = {one["0020000D"]["Value"][0] for one in json.loads(body)}
    assert STUDY["StudyInstanceUID"] in studies
    study = f"/studies/{STUDY['StudyInstanceUID']}"
    _, body = web.ask(f"{study}/series?includefield=0008103E,00080060,00200011", **json_type)
    (series,) = [one["0020000E"]["Value"][0] for one in json.loads(body)]
    _, body = web.ask(
        f"{study}/series/{series}/instances?includefield=00080018,00200013", **json_type
    )
    uids = [one["00080018"]["Value"][0] for one in json.loads(body)]
    assert len(uids) == SLICES
    sent = slices()
    for uid in uids:
        status, body = web.ask(f"{study}/series/{series}/instances/{uid}", Accept=parts)
        assert status == 200 and sent[int(uid.rpartition(".")[2]) - 1] in body
    status, picture = web.ask(
        f"{study}/series/{series}/thumbnail?viewport=64,64", Accept="image/jpeg"
    )
    assert status == 200 and picture.startswith(b"\xff\xd8")


OHIF_CONFIG = """window.config = {routerBasename: '/', extensions: [], modes: [],
 showStudyList: true, investigationalUseDialog: {option: 'never'}, maxNumberOfWebWorkers: 1,
 studyPrefetcher: {enabled: false}, defaultDataSourceName: 'd', dataSources: [{
 namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'd', configuration: {
 friendlyName: 'd', name: 'd', wadoUriRoot: '/dicomweb', qidoRoot: '/dicomweb',
 wadoRoot: '/dicomweb', qidoSupportsIncludeField: true, imageRendering: 'wadors',
 thumbnailRendering: 'wadors', enableStudyLazyLoad: true, supportsFuzzyMatching: false,
 supportsWildcard: true, omitQuotationForMultipartRequest: true,
 bulkDataURI: {enabled: false}}}]};"""


@contextmanager
def ohif(web: Web) -> Iterator[str]:
    """OHIF's files, and what it asks below /dicomweb handed on to the product with the token, as
    the proxy in front of a viewer does."""
    root, asked = peer("@ohif/app") / "dist", urlsplit(web.url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None: ...

        def do_GET(self) -> None:
            if self.path.startswith("/dicomweb/"):
                self.hand_on()
                return
            path = self.path.partition("?")[0]
            file = root / path.lstrip("/")
            if path == "/app-config.js":
                self.reply(200, "text/javascript", OHIF_CONFIG.encode())
                return
            if not file.is_file():
                file = root / "index.html"
            kinds = {
                ".js": "text/javascript",
                ".css": "text/css",
                ".wasm": "application/wasm",
                ".html": "text/html",
                ".json": "application/json",
                ".svg": "image/svg+xml",
            }
            self.reply(200, kinds.get(file.suffix, "application/octet-stream"), file.read_bytes())

        def hand_on(self) -> None:
            connection = http.client.HTTPConnection(asked.netloc, timeout=60)
            headers = {"Authorization": f"Bearer {web.token}"}
            if "Accept" in self.headers:
                headers["Accept"] = self.headers["Accept"]
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            self.reply(answer.status, answer.getheader("Content-Type", ""), body)
            connection.close()

        def reply(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


KEEP = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
  return get.call(this, kind, kind.startsWith('webgl')
    ? {...options, preserveDrawingBuffer: true} : options); };"""
# the grey of the middle and of a corner of a large canvas: 100 HU in a window of 0/400 are 192
LOOK = """() => { let found = null;
for (const canvas of document.querySelectorAll('canvas')) {
  if (canvas.width < 200 || canvas.height < 200) continue;
  const small = document.createElement('canvas'); small.width = small.height = 32;
  const context = small.getContext('2d'); context.drawImage(canvas, 0, 0, 32, 32);
  const at = (x, y) => context.getImageData(x, y, 2, 2).data[0];
  found = {middle: at(15, 15), corner: at(9, 3)};
  if (found.middle > 180) return found; }
return found; }"""


@pytest.mark.browser
def test_ohif_shows_a_study_of_ours(web: Web) -> None:
    with ohif(web) as url, chromium() as browser:
        context = new_context(browser, (1440, 900))
        context.add_init_script(KEEP)
        page = context.new_page()
        page.goto(f"{url}/viewer?StudyInstanceUIDs={STUDY['StudyInstanceUID']}")
        deadline, seen = time.monotonic() + LIMIT_S, None
        while time.monotonic() < deadline:
            seen = page.evaluate(LOOK)
            if seen and 180 < seen["middle"] < 200 and seen["corner"] < 20:
                break
            page.wait_for_timeout(300)
        assert seen and 180 < seen["middle"] < 200 and seen["corner"] < 20, seen
