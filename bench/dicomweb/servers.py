"""Both servers with the same images in them: ours as `bff` and `pixels` on SQLite, Orthanc with its
DICOMweb plugin and no authentication."""

import asyncio
import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assembly.runtime import open_runtime
from assembly.settings import Settings
from bench.debian import find
from bench.receive.receivers import free_port, process
from imaging.dicom.reader import read_file, split_file
from storage.migrate import migrate
from storage.records.imaging import Instance
from usecases.indexing.index_instance import index_instances
from usecases.receiving.receive_instance import InstanceReceiver, SentInstance
from usecases.staff.accounts import make_client

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True, slots=True)
class Serving:
    name: str
    port: int
    instances: list[str]  # paths, the same order in both
    token: str = ""


def _paths(images: Path, root: str) -> list[str]:
    out = []
    for file in sorted(images.iterdir()):
        dataset = read_file(file, stop_before_pixels=True).dataset
        study, series, uid = (
            dataset.text(key) for key in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
        )
        out.append(f"{root}/studies/{study}/series/{series}/instances/{uid}")
    return out


@contextmanager
def ours(folder: Path, images: Path) -> Iterator[Serving]:
    folder.mkdir(parents=True)
    port = free_port()
    settings = Settings(data_dir=folder, bff_port=port)
    token = asyncio.run(_fill(settings, images))
    environment = {"CLOUDFILM_DATA_DIR": str(folder), "CLOUDFILM_BFF_PORT": str(port)}
    health = free_port()
    with (
        process(
            [sys.executable, "-m", "workers.pixels", "--health-port", str(health)], health,
            **environment,
        ),
        process([sys.executable, "-m", "bff.main"], port, **environment),
    ):  # fmt: skip
        yield Serving("ours", port, _paths(images, "/dicomweb"), token)


async def _fill(settings: Settings, images: Path) -> str:
    """By the receiver's and the indexer's own use cases."""
    await migrate(settings.resolved_database_url())
    async with open_runtime(settings) as runtime:
        receiver = InstanceReceiver(runtime.objects, settings.spool_folder())  # type: ignore[arg-type]
        async with receiver.running():
            for file in sorted(images.iterdir()):  # noqa: ASYNC240
                raw = file.read_bytes()
                meta, start, syntax = split_file(raw)
                await receiver.receive(
                    SentInstance(
                        meta.text("MediaStorageSOPClassUID"),
                        meta.text("MediaStorageSOPInstanceUID"), syntax, "BENCH", [raw[start:]],
                    )
                )  # fmt: skip
        ids = [int(str(one)) for one in await Instance.all().values_list("id", flat=True)]
        await index_instances(
            runtime.objects, runtime.sealer, ids, quiet_s=0, time_zone=settings.time_zone
        )
        return await make_client("bench", "dicomweb.read")


@contextmanager
def orthanc(folder: Path, images: Path) -> Iterator[Serving | None]:
    program = find("Orthanc")
    if program is None or not PLUGIN.is_file():
        yield None
        return
    folder.mkdir(parents=True)
    port = free_port()
    configuration = {
        "Name": "bench", "StorageDirectory": str(folder), "IndexDirectory": str(folder),
        "DicomPort": free_port(), "HttpPort": port, "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False, "KeepAlive": True, "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }  # fmt: skip
    file = folder / "orthanc.json"
    file.write_text(json.dumps(configuration))
    with process([program, str(file)], port, TCP_NODELAY="1"):
        for image in sorted(images.iterdir()):
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/instances", image.read_bytes()
            )
            urllib.request.urlopen(request, timeout=60).read()
        yield Serving("Orthanc", port, _paths(images, "/dicom-web"))
