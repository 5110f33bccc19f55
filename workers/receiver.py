"""The DICOM door: `python -m workers.receiver [--health-port N]`; docs/conformance.md says what it
takes."""

import argparse
import asyncio
import signal
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
from integrations.pacs.peers import load_peers
from usecases.receiving.receive_instance import InstanceReceiver, InstanceStore
from workers.receiver_commitment import ReceiverCommitment
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


async def serve(settings: Settings, health_port: int) -> None:
    """Until SIGTERM or SIGINT; then associations get DRAIN_S to end."""
    peers = load_peers(settings.peers_file)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_runtime(settings) as runtime:
        receiver = InstanceReceiver(cast(InstanceStore, runtime.objects), settings.spool_folder())
        async with receiver.running(), HealthServer(health_port, {"database": database_is_up}):
            commitment = ReceiverCommitment(runtime.objects, peers, settings.ae_title)
            server = DicomServer(
                acceptance(settings),
                Handlers(
                    ReceiverStorage(receiver),
                    ReceiverQuery(peers, ZoneInfo(settings.time_zone), settings.ae_title),
                    ReceiverRetrieve(runtime.objects, peers, settings.ae_title),
                    commitment,
                ),
                ServerLimits(max_associations=settings.max_associations),
            )
            await server.start(settings.dicom_host, settings.dicom_port)
            log.info("receiver listens", port=server.port)
            try:
                await stop.wait()
            finally:
                await server.drain(DRAIN_S)
                await commitment.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    arguments = parser.parse_args()
    settings = Settings()
    configure_logging(settings.log_level, process="receiver")
    uvloop.run(serve(settings, arguments.health_port))


if __name__ == "__main__":
    main()
