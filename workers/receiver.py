"""The DICOM door: `python -m workers.receiver [--health-port N]`; docs/conformance.md says what it
takes."""

import argparse
import asyncio
import signal
import ssl
from typing import cast
from zoneinfo import ZoneInfo

import structlog
import uvloop

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import open_runtime
from assembly.settings import Settings
from dicomnet.services.negotiation import QUERY_RETRIEVE, STORAGE_COMMITMENT, Acceptance
from dicomnet.services.session import Handlers
from dicomnet.transport.server import DicomServer, ServerLimits
from dicomnet.transport.tls import server_context
from integrations.pacs.peer_file import load_peers
from usecases.receiving.receive_instance import InstanceReceiver, InstanceStore
from workers.receiver_commitment import ReceiverCommitment
from workers.receiver_gate import ReceiverGate
from workers.receiver_query import ReceiverQuery
from workers.receiver_retrieve import ReceiverRetrieve
from workers.receiver_storage import ReceiverStorage

log = structlog.get_logger()

DRAIN_S = 20
SERVICES = QUERY_RETRIEVE | {STORAGE_COMMITMENT}


def acceptance(settings: Settings) -> Acceptance:
    """What of an A-ASSOCIATE-RQ is taken, by the settings."""
    callers = (title.strip() for title in settings.allowed_calling_aes.split(","))
    return Acceptance(
        ae_title=settings.ae_title if settings.check_called_ae else "",
        calling_aes=frozenset(title for title in callers if title),
        services=SERVICES,
    )


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """The TLS door's side; None when there is none. ValueError names the setting that lacks."""
    if not settings.dicom_tls_port:
        return None
    certificate, key = settings.dicom_tls_certificate, settings.dicom_tls_key
    if certificate is None or key is None:
        raise ValueError("DICOM over TLS needs CLOUDFILM_DICOM_TLS_CERTIFICATE and _KEY")
    requires_client = settings.dicom_tls_client_certificate
    if requires_client and settings.dicom_tls_ca is None:
        raise ValueError("DICOM over TLS needs CLOUDFILM_DICOM_TLS_CA to check its callers")
    return server_context(certificate, key, settings.dicom_tls_ca, requires_client=requires_client)


async def serve(settings: Settings, health_port: int) -> None:
    """Until SIGTERM or SIGINT; then associations get DRAIN_S to end."""
    peers = load_peers(settings.peers_file, known_only=settings.known_peers_only)
    tls, gate = tls_of(settings), ReceiverGate(peers)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_runtime(settings) as runtime:
        receiver = InstanceReceiver(cast(InstanceStore, runtime.objects), settings.spool_folder())
        health = HealthServer(health_port, {"database": database_is_up})
        async with receiver.running(), gate.writing(), health:
            commitment = ReceiverCommitment(runtime.objects, gate, settings.ae_title)
            server = DicomServer(
                acceptance(settings),
                Handlers(
                    ReceiverStorage(receiver, gate),
                    ReceiverQuery(gate, ZoneInfo(settings.time_zone), settings.ae_title),
                    ReceiverRetrieve(runtime.objects, gate, settings.ae_title),
                    commitment,
                ),
                ServerLimits(max_associations=settings.max_associations),
                gate,
            )
            if tls is not None:
                await server.start(settings.dicom_host, settings.dicom_tls_port, tls)
            await server.start(settings.dicom_host, settings.dicom_port)
            log.info("receiver listens", port=server.port, tls_port=settings.dicom_tls_port)
            async with commitment.telling():
                try:
                    await stop.wait()
                finally:
                    await server.drain(DRAIN_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    arguments = parser.parse_args()
    settings = Settings()
    configure_logging(settings.log_level, process="receiver")
    uvloop.run(serve(settings, arguments.health_port))


if __name__ == "__main__":
    main()
