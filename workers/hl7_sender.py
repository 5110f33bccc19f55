"""Sends the outbound HL7 queue: `python -m workers.hl7_sender --health-port N`. A destination is a
queue and a connection of its own: one that is down holds up nobody else."""

from functools import partial

import structlog

from assembly.runtime import Runtime
from assembly.settings import Settings
from domain.errors import Unavailable
from integrations.his.destinations import Destination, load_destinations
from integrations.his.mllp_client import MllpClient, NoAnswer
from usecases.announcing.send_head import send_head
from workers.rounds import Round, run_process

log = structlog.get_logger()

POLL_S = 1.0


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


async def _round(to: Destination, client: MllpClient, runtime: Runtime) -> float:
    await send_all(runtime, to, client)
    return POLL_S


def rounds_of(settings: Settings) -> dict[str, Round]:
    """A round a destination; its connection stays open between them."""
    return {
        to.name: partial(_round, to, MllpClient(to.host, to.port, timeout_s=to.timeout_s))
        for to in load_destinations(settings.destinations_file)
    }


if __name__ == "__main__":
    run_process("hl7-sender", __doc__, rounds_of)
