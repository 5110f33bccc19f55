"""`python -m workers.pixels [--health-port N]`: looks inside stored objects for the web server
(decision 0015): metadata, frame places, decoded frames, other transfer syntaxes, pictures. It has
no database and decides no rights; its socket is open to this user alone."""

import argparse
import asyncio
import os
import signal
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
import uvloop

from assembly.health import HealthServer
from assembly.logs import configure_logging
from assembly.pixel_channel import (
    PIECE_BYTES,
    error_body,
    read_message,
    write_message,
)
from assembly.runtime import object_store
from assembly.settings import Settings
from domain.errors import Defect, FilmError, NotAcceptable
from domain.ports import ObjectStore
from imaging.dicom.reader import DicomFile, read_file
from imaging.errors import ImagingError
from imaging.headers import use_compiled_scan
from imaging.pixels.stored import StoredFrames
from imaging.pixels.transcode import transcode_file
from usecases.dicomweb.describe_instance import (
    ObjectPlace,
    bulk_value,
    describe_instance,
    parse_path,
)
from usecases.dicomweb.frames import frame_layout, frame_samples
from usecases.dicomweb.render_picture import Asked, render_picture

log = structlog.get_logger()

MAX_OBJECT_BYTES = 2 << 30
KEPT_BYTES = 256 << 20  # parsed objects whose frames are asked for one after the other
Answer = tuple[dict[str, Any], bytes]


class _Kept:
    """The newest parsed objects, so that frame after frame costs one read."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, tuple[int, DicomFile]] = OrderedDict()

    def get(self, sha256: str) -> DicomFile | None:
        found = self._files.get(sha256)
        if found is None:
            return None
        self._files.move_to_end(sha256)
        return found[1]

    def put(self, sha256: str, size: int, file: DicomFile) -> None:
        if size > KEPT_BYTES:
            return
        self._files[sha256] = size, file
        while sum(size for size, _ in self._files.values()) > KEPT_BYTES:
            self._files.popitem(last=False)


class PixelService:
    """The answering end of `assembly.pixel_channel`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._kept = _Kept()
        self._work = asyncio.Semaphore(max(2, os.cpu_count() or 1))
        self._ops: dict[str, Callable[[dict[str, Any]], Awaitable[Answer]]] = {
            "metadata": self._metadata, "layout": self._layout, "layouts": self._layouts,
            "frame": self._frame, "transcode": self._transcode, "picture": self._picture,
            "bulk": self._bulk,
        }  # fmt: skip

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                _, question = await read_message(reader)
                await self._answer(orjson.loads(question), writer)
                await writer.drain()
        except (EOFError, OSError, ValueError):
            pass  # the other end has gone
        finally:
            writer.close()

    async def _answer(self, question: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        try:
            async with self._work:
                head, body = await self._ops[question["op"]](question)
        except Exception as error:  # noqa: BLE001 - whoever asks must get an answer
            write_message(writer, b"E", error_body(film_error_of(error)))
            return
        write_message(writer, b"H", orjson.dumps(head))
        view = memoryview(body)
        for start in range(0, len(view), PIECE_BYTES):
            write_message(writer, b"D", view[start : start + PIECE_BYTES])
        write_message(writer, b".", b"")

    async def _file(self, question: dict[str, Any]) -> DicomFile:
        place = _place(question)
        file = self._kept.get(place.sha256)
        if file is not None:
            return file
        if place.size > MAX_OBJECT_BYTES:
            raise NotAcceptable("object_too_large", detail="too large to be looked into")
        raw = await self._objects.get(place.key, sha256=place.sha256)
        file = await asyncio.to_thread(read_file, raw)
        self._kept.put(place.sha256, place.size, file)
        return file

    async def _metadata(self, question: dict[str, Any]) -> Answer:
        """JSON objects, a line each; an object that cannot be read is a line of its own code."""
        lines = []
        for one in question["instances"]:
            try:
                lines.append(await describe_instance(self._objects, _place(one), one["address"]))
            except ImagingError as error:
                lines.append(orjson.dumps(error.code))
        return {}, b"\n".join(lines)

    async def _layout(self, question: dict[str, Any]) -> Answer:
        layout = await asyncio.to_thread(frame_layout, await self._file(question))
        head = {"count": layout.count, "is_encapsulated": layout.is_encapsulated}
        return head, orjson.dumps(layout.places)

    async def _layouts(self, question: dict[str, Any]) -> Answer:
        """Of many objects, a line each; null where there is none to be had this way."""
        places = [_place(one) for one in question["instances"]]
        raws = [await self._objects.get(place.key) for place in places]
        return {}, await asyncio.to_thread(lambda: b"\n".join(map(_layout_line, raws)))

    async def _frame(self, question: dict[str, Any]) -> Answer:
        file = await self._file(question)
        frame = await asyncio.to_thread(
            lambda: frame_samples(StoredFrames(file), int(question["frame"]))
        )
        return {}, frame

    async def _transcode(self, question: dict[str, Any]) -> Answer:
        file = await self._file(question)
        return {}, await asyncio.to_thread(transcode_file, file, question["syntax"])

    async def _picture(self, question: dict[str, Any]) -> Answer:
        file, told = await self._file(question), question["asked"]
        region = told["region"]
        asked = Asked(
            frame=told["frame"], window=told["window"], size=tuple(told["size"]),
            region=tuple(region) if region else None, quality=told["quality"],
            is_png=told["is_png"],
        )  # fmt: skip
        return {}, await asyncio.to_thread(render_picture, file, asked)

    async def _bulk(self, question: dict[str, Any]) -> Answer:
        return {}, bulk_value(await self._file(question), parse_path(question["path"]))


def _layout_line(raw: bytes) -> bytes:
    try:
        layout = frame_layout(read_file(raw))
    except (ImagingError, FilmError, MemoryError):
        return b"null"
    return orjson.dumps([layout.count, layout.is_encapsulated, layout.places])


def _place(told: dict[str, Any]) -> ObjectPlace:
    return ObjectPlace(told["key"], told["sha256"], told["size"])


def film_error_of(error: Exception) -> FilmError:
    """What a caller over the web is told of whatever went wrong."""
    if isinstance(error, FilmError):
        return error
    if isinstance(error, ImagingError):
        return NotAcceptable(error.code, "这个对象不能转成所要的格式。", detail=error.message)
    if isinstance(error, MemoryError):
        return NotAcceptable("object_too_large", detail="not enough memory")
    log.error("pixels_crashed", exc_info=error)
    return Defect("internal_error", detail=type(error).__name__)


async def serve(settings: Settings, health_port: int) -> None:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        pixel_server(settings, object_store(settings.resolved_object_store_url())),
        HealthServer(health_port, {}),
    ):
        await stop.wait()


class pixel_server:  # noqa: N801 - used as a context manager
    """Listens on the settings' socket while the block runs."""

    def __init__(self, settings: Settings, objects: ObjectStore) -> None:
        self._path = settings.resolved_pixels_socket()
        self._service = PixelService(objects)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)  # of a process that was killed
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._service.serve, str(self._path), limit=1 << 21
            )
        finally:
            os.umask(before)

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    arguments = parser.parse_args()
    settings = Settings()
    configure_logging(settings.log_level, process="pixels")
    use_compiled_scan()
    uvloop.run(serve(settings, arguments.health_port))


if __name__ == "__main__":
    main()
