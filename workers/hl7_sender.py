"""Sends the outbound HL7 queue: `python -m workers.hl7_sender --health-port N`. A destination is a
queue and a connection of its own: one that is down holds up nobody else."""

import argparse
import asyncio
import contextlib
import signal

import structlog

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import Runtime, open_runtime
from assembly.settings import Settings
from domain.errors import Unavailable
from integrations.his.destinations import Destination, load_destinations
from integrations.his.mllp_client import MllpClient, NoAnswer
from usecases.announcing.send_head import send_head

log = structlog.get_logger()

POLL_S = 1.0
PAUSE_S = 5.0


async def send_all(runtime: Runtime, to: Destination, client: MllpClient) -> int:
    """Send what is due to one destination, in order; how many are done."""

    async def ask(message: bytes, control_id: str) -> tuple[str, str]:
        try:
            return await client.ask(message, control_id)
        except NoAnswer as error:
            raise Unavailable(str(error), detail=f"{to.name} gave no answer") from error

    count = 0
    while True:
        sent = await send_head(
            runtime.sealer, to.name, ask, timeout_s=to.timeout_s, max_refusals=to.max_refusals
        )
        if sent is None:
            return count
        words = {"destination": to.name, "id": sent.row_id, "control_id": sent.control_id}
        if sent.outcome == "done":
            count += 1
            log.info("hl7_sent", **words)
        elif sent.outcome == "dead":
            log.error("hl7_dead", **words, answer=sent.answer, problem=sent.problem)
        else:
            log.warning("hl7_again", **words, answer=sent.answer, problem=sent.problem)


async def serve_destination(runtime: Runtime, to: Destination, stopping: asyncio.Event) -> None:
    client = MllpClient(to.host, to.port, timeout_s=to.timeout_s)
    try:
        while not stopping.is_set():
            pause_s = POLL_S
            try:
                await send_all(runtime, to, client)
            except Exception:
                log.warning("hl7_sender_failed", destination=to.name, exc_info=True)
                pause_s = PAUSE_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause_s)
    finally:
        await client.close()


async def serve(health_port: int) -> None:
    settings = Settings()
    configure_logging(settings.log_level, process="hl7-sender")
    destinations = load_destinations(settings.destinations_file)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with (
        open_runtime(settings) as runtime,
        HealthServer(health_port, {"database": database_is_up}),
    ):
        log.info("hl7_sending", destinations=[one.name for one in destinations])
        await asyncio.gather(*(serve_destination(runtime, one, stopping) for one in destinations))
        await stopping.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().health_port))


if __name__ == "__main__":
    main()
