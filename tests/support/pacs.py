"""Foreign archives on loopback, filled over the network: DCMTK's dcmqrscp and Orthanc."""

import asyncio
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dicomnet.services.storage_scu import sendable
from dicomnet.transport.client import contexts_for, open_association
from tests.support import servers
from tests.support.servers import free_port, need

_QRSCP = """
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
us = (CLOUDFILM, 127.0.0.1, {ours})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {folder} RW (100, 1024mb) ANY
AETable END
"""


@contextmanager
def dcmqrscp(folder: Path, port: int, ours: int = 1) -> Iterator[None]:
    """The archive `ARCHIVE` in a folder, which keeps what it has; C-MOVE to us at port `ours`. At
    the end it is killed with the children that serve its associations, as by a power cut."""
    data = folder / "archive"
    data.mkdir(parents=True, exist_ok=True)
    config = folder / "qr.cfg"
    config.write_text(_QRSCP.format(port=port, folder=data, ours=ours))
    process = subprocess.Popen(
        [need("dcmqrscp"), "-c", str(config), str(port)], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        servers.wait_for_port(port, process, "dcmqrscp")
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, slots=True)
class Orthanc:
    dicom_port: int
    http_port: int

    def call(self, path: str, data: bytes | None = None, method: str = "") -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}", data=data, method=method or None
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read() or b"null")


@contextmanager
def orthanc(folder: Path, ours: int = 1, **settings: Any) -> Iterator[Orthanc]:
    """Orthanc as `ORTHANC`, which knows us as `us` at port `ours`."""
    folder.mkdir(parents=True, exist_ok=True)
    peer = Orthanc(free_port(), free_port())
    (folder / "orthanc.json").write_text(json.dumps({
        "StorageDirectory": str(folder / "o"), "IndexDirectory": str(folder / "o"),
        "HttpPort": peer.http_port, "DicomPort": peer.dicom_port, "RemoteAccessAllowed": False,
        "DicomAet": "ORTHANC", "AuthenticationEnabled": False, "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True, "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True,
        "DicomModalities": {"us": ["CLOUDFILM", "127.0.0.1", ours]}, **settings,
    }))  # fmt: skip
    command = [need("Orthanc"), str(folder / "orthanc.json")]
    with servers.running(command, peer.http_port, "Orthanc"):
        servers.wait_listening(peer.dicom_port)
        yield peer


async def send(port: int, called: str, files: list[bytes]) -> None:
    items = [sendable(raw) for raw in files]
    async with (
        asyncio.timeout(60),
        open_association("127.0.0.1", port, called_ae=called, contexts=contexts_for(items)) as peer,
    ):
        assert {await peer.send_store(item) for item in items} == {0}
