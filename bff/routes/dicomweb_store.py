"""STOW-RS: objects come in and are durable before the answer (PS3.18 10.5)."""

import re
from collections.abc import AsyncIterator
from typing import Any

import orjson
import structlog
from sanic import Blueprint
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from bff.access import access
from bff.context import context_of, runtime_of, viewer_in
from bff.dicomweb.accept import choose_type
from bff.dicomweb.multipart_reader import (
    MultipartError,
    MultipartReader,
    PartBegin,
    PartData,
    PartEnd,
)
from bff.dicomweb.selection import ROOT, root_url
from domain.access import SystemViewer, Viewer
from domain.errors import Invalid, Unavailable
from usecases.dicomweb.select_instances import checked_uid
from usecases.dicomweb.store_instances import (
    NOT_UNDERSTOOD,
    OUT_OF_RESOURCES,
    ObjectIntake,
    Stored,
    response_model,
    status_of,
)
from usecases.receiving.receive_instance import InstanceReceiver

log = structlog.get_logger()

dicomweb_store = Blueprint("dicomweb_store", url_prefix=ROOT)

DICOM, JSON = "application/dicom", "application/dicom+json"
MAX_PARTS = 50_000
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))')


def _form_of(request: Request) -> str:
    """The boundary of a multipart of objects; "" for one object alone. 415 for anything else."""
    kind, _, rest = str(request.headers.get("content-type", "")).partition(";")
    found: list[tuple[str, str, str]] = _PARAMETER.findall(rest)
    parameters = {name.lower(): quoted or bare for name, quoted, bare in found}
    if kind.strip().lower() == DICOM:
        return ""
    inner = parameters.get("type", DICOM).lower()
    if kind.strip().lower() != "multipart/related" or inner != DICOM:
        raise SanicException("only application/dicom is stored", status_code=415, quiet=True)
    if not parameters.get("boundary"):
        raise Invalid("multipart_malformed", detail="no boundary")
    return parameters["boundary"]


def _sender(viewer: Viewer) -> str:
    return viewer.name if isinstance(viewer, SystemViewer) else viewer.actor


class _Intake:
    """The objects of one request, one after the other."""

    def __init__(self, receiver: InstanceReceiver, sender: str, study: str) -> None:
        self._receiver, self._sender, self._study = receiver, sender, study
        self._open: ObjectIntake | None = None
        self._refused = 0
        self.results: list[Stored] = []

    async def begin(self, kind: str) -> None:
        if len(self.results) >= MAX_PARTS:
            raise Invalid("too_many_parts", detail=f"more than {MAX_PARTS} parts")
        self._open = ObjectIntake(self._receiver, self._sender, self._study)
        is_dicom = kind.partition(";")[0].strip().lower() in (DICOM, "")
        self._refused = 0 if is_dicom else NOT_UNDERSTOOD

    async def write(self, data: bytes) -> None:
        if self._open is None or self._refused:
            return
        try:
            await self._open.write(data)
        except Unavailable:
            self._refused = OUT_OF_RESOURCES
            await self._open.discard()

    async def end(self) -> None:
        intake, self._open = self._open, None
        if intake is not None:
            done = Stored(failure=self._refused) if self._refused else await intake.finish()
            if done.failure:
                log.warning("stow_refused", reason=f"{done.failure:04X}")
            self.results.append(done)

    async def break_off(self) -> bool:
        """What has not ended is not kept; whether there was any."""
        intake, self._open = self._open, None
        if intake is not None:
            await intake.discard()
        return intake is not None


async def _take(request: Request, intake: _Intake, boundary: str) -> None:
    """Every part; what follows a break in the multipart is one more failure."""
    if not boundary:
        await intake.begin(DICOM)
        async for data in _body(request):
            await intake.write(data)
        await intake.end()
        return
    try:
        reader = MultipartReader(boundary)
        async for data in _body(request):
            for event in reader.feed(data):
                match event:
                    case PartBegin():
                        await intake.begin(event.headers.get("content-type", ""))
                    case PartData():
                        await intake.write(event.data)
                    case PartEnd():
                        await intake.end()
        is_whole = reader.is_done
    except MultipartError as error:
        is_whole = False
        log.warning("stow_multipart", reason=str(error))
    if await intake.break_off() or (intake.results and not is_whole):
        intake.results.append(Stored(failure=NOT_UNDERSTOOD))
    if not intake.results:
        raise Invalid("multipart_malformed", "传来的内容里没有影像。", detail="no part")


async def _body(request: Request) -> AsyncIterator[bytes]:
    stream: Any = request.stream
    # this route's own limit: everything goes to the spool, not to memory
    stream.request_max_size = runtime_of(request).settings.stow_max_mb << 20
    async for data in stream:
        yield data


async def _store(request: Request, study: str) -> HTTPResponse:
    kind = choose_type(request, JSON, "application/json")
    boundary = _form_of(request)
    if study:
        checked_uid(study)
    door = context_of(request).receiver
    async with door.limit:
        intake = _Intake(await door.get(runtime_of(request)), _sender(viewer_in(request)), study)
        try:
            await _take(request, intake, boundary)
        finally:
            await intake.break_off()
    model = response_model(intake.results, study, root_url(request))
    status = status_of(intake.results)
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if status == 503 else {})
    return raw(orjson.dumps(model), status, headers, content_type=kind)


@dicomweb_store.post("/studies", stream=True)
@access("client", "dicomweb.write")
async def store(request: Request) -> HTTPResponse:
    """Store objects of any study."""
    return await _store(request, "")


@dicomweb_store.post("/studies/<study:str>", stream=True)
@access("client", "dicomweb.write")
async def store_in_study(request: Request, study: str) -> HTTPResponse:
    """Store objects of this study; one of another is refused."""
    return await _store(request, study)
