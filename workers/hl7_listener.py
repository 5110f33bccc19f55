"""The HL7 door: `python -m workers.hl7_listener --health-port N`. AA only after the commit."""

import argparse
import asyncio
import hashlib
import signal
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import Runtime, open_runtime
from assembly.settings import Settings
from domain.errors import FilmError, Refused
from integrations.his.acknowledge import acknowledgement
from integrations.his.facts import Facts
from integrations.his.hl7_text import Header, Message, MessageRefused, read_header
from integrations.his.mllp import MllpServer
from integrations.his.senders import Senders, load_senders
from storage.records.inbox import InboundMessage
from storage.transactions import db_now
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

log = structlog.get_logger()

ORDER_KINDS = {("ORM", "O01"), ("OMG", "O19"), ("OMI", "O23")}
REPORT_KINDS = {("ORU", "R01")}


class Hl7Door:
    """Turns one block into one use case and one acknowledgement."""

    def __init__(self, runtime: Runtime, senders: Senders) -> None:
        self.runtime = runtime
        self.senders = senders
        self.zone = ZoneInfo(runtime.settings.time_zone)

    async def answer(self, raw: bytes) -> bytes:
        header = read_header(raw)
        try:
            await self._take(raw)
        except MessageRefused as error:
            return await self._refused(raw, header, error.code, error.problem, error.where)
        except Refused as error:
            return await self._refused(raw, header, "AE", error.code)
        except Exception as error:
            problem = error.code if isinstance(error, FilmError) else "internal_error"
            log.error("hl7_failed", control_id=header.control_id, problem=problem, exc_info=True)
            return acknowledgement(header, "AE", self._now(), problem=problem)
        return acknowledgement(header, "AA", self._now())

    def refuse(self, problem: str, head: bytes) -> bytes:
        """The answer to what is no message: too large, or cut off."""
        header = read_header(head)
        log.warning("hl7_refused", control_id=header.control_id, problem=problem)
        return acknowledgement(header, "AR", self._now(), problem=problem)

    def _now(self) -> datetime:
        return datetime.now(UTC).astimezone(self.zone)

    async def _take(self, raw: bytes) -> None:
        header = read_header(raw)
        sha256 = hashlib.sha256(raw).hexdigest()
        sender = header.sending_application[:64] or "HL7"
        seen = await InboundMessage.filter(
            sender=sender, control_id=header.control_id, sha256=sha256, answer="AA"
        ).exists()
        if seen:
            return
        message = Message(raw)
        facts = Facts(message, self.senders.of(header.sending_application), self.zone)
        await self._dispatch(message, facts)
        await self._remember(raw, header, "AA", "")

    async def _dispatch(self, message: Message, facts: Facts) -> None:
        received_at = await db_now()
        objects, sealer = self.runtime.objects, self.runtime.sealer
        if message.kind in ORDER_KINDS:
            for order in facts.orders(received_at):
                await place_order(sealer, order, zone=self.zone)
        elif message.kind in REPORT_KINDS:
            await file_report(objects, sealer, facts.report(received_at), zone=self.zone)
        else:
            raise MessageRefused("AR", "message_type_unsupported", "MSH-9")

    async def _refused(
        self, raw: bytes, header: Header, code: str, problem: str, where: str = ""
    ) -> bytes:
        log.warning("hl7_refused", control_id=header.control_id, problem=problem, where=where)
        await self._remember(raw, header, code, f"{problem} {where}".strip())
        return acknowledgement(header, code, self._now(), problem=problem, where=where)

    async def _remember(self, raw: bytes, header: Header, code: str, problem: str) -> None:
        """The message itself, sealed, and a row that tells what became of it."""
        sha256 = hashlib.sha256(raw).hexdigest()
        key = f"messages/{sha256[:2]}/{sha256}.hl7"
        sealed = self.runtime.sealer.seal_bytes(raw, purpose="hl7")
        await self.runtime.objects.put(key, sealed)
        await InboundMessage.update_or_create(
            sender=header.sending_application[:64] or "HL7",
            control_id=header.control_id,
            sha256=sha256,
            defaults={
                "message_type": header.message_type[:16],
                "object_key": key,
                "answer": code,
                "problem": problem[:256],
            },
        )


async def serve(health_port: int) -> None:
    settings = Settings()
    configure_logging(settings.log_level, process="hl7")
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with (
        open_runtime(settings) as runtime,
        HealthServer(health_port, {"database": database_is_up}),
    ):
        door = Hl7Door(runtime, load_senders(settings.senders_file))
        server = MllpServer(door.answer, door.refuse, max_bytes=settings.hl7_max_bytes)
        port = await server.start(settings.hl7_host, settings.hl7_port)
        log.info("hl7_listening", host=settings.hl7_host, port=port)
        await stopping.wait()
        await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().health_port))


if __name__ == "__main__":
    main()
