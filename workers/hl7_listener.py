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
from integrations.his.acknowledge import Verdict, acknowledgements
from integrations.his.facts import Facts
from integrations.his.hl7_text import Header, Message, MessageRefused, read_header
from integrations.his.mllp import MllpServer
from integrations.his.senders import Senders, load_senders
from storage.records.inbox import InboundMessage
from storage.transactions import db_now
from workers.hl7_dispatch import dispatch

log = structlog.get_logger()

LARGE_BYTES = 1 << 20  # from here on a message is read beside the event loop


class Hl7Door:
    """Turns one block into one use case and its acknowledgements."""

    def __init__(self, runtime: Runtime, senders: Senders) -> None:
        self.runtime = runtime
        self.senders = senders
        self.zone = ZoneInfo(runtime.settings.time_zone)

    async def answer(self, raw: bytes, peer: str = "") -> list[bytes]:
        header = self._header(raw)
        if header.kind[0] == "ACK":  # an answer to an answer would never end
            log.info("hl7_ack_ignored", control_id=header.control_id)
            return []
        return self._answers(header, await self._verdict(raw, header, peer))

    def refuse(self, problem: str, head: bytes, peer: str = "") -> list[bytes]:
        """The answer to what is no message: too large, or cut off."""
        header = self._header(head)
        log.warning("hl7_refused", control_id=header.control_id, problem=problem, peer=peer)
        return self._answers(header, Verdict("AR", problem))

    def _header(self, raw: bytes) -> Header:
        return read_header(raw, self.senders.default_charset)

    def _answers(self, header: Header, verdict: Verdict) -> list[bytes]:
        now = datetime.now(UTC).astimezone(self.zone)
        way = self.senders.of(header.sending_application).acknowledge
        return acknowledgements(header, verdict, now, way=way)

    async def _verdict(self, raw: bytes, header: Header, peer: str) -> Verdict:
        try:
            await self._take(raw, header, peer)
        except MessageRefused as error:
            verdict = Verdict(error.code, error.problem, error.where)
        except Refused as error:
            verdict = Verdict("AE", error.code)
        except Exception as error:
            problem = error.code if isinstance(error, FilmError) else "internal_error"
            log.error("hl7_failed", control_id=header.control_id, problem=problem, exc_info=True)
            return Verdict("AE", problem)
        else:
            return Verdict("AA")
        log.warning(
            "hl7_refused", control_id=header.control_id, problem=verdict.problem,
            where=verdict.where, peer=peer,
        )  # fmt: skip
        return await self._kept(raw, header, peer, verdict)

    async def _kept(self, raw: bytes, header: Header, peer: str, verdict: Verdict) -> Verdict:
        problem = f"{verdict.problem} {verdict.where}".strip()
        try:
            await self._remember(raw, header, peer, verdict.code, problem=problem)
        except Exception:
            log.error("hl7_not_kept", control_id=header.control_id, exc_info=True)
            return verdict
        return Verdict(verdict.code, verdict.problem, verdict.where, is_kept=True)

    async def _take(self, raw: bytes, header: Header, peer: str) -> None:
        seen = await InboundMessage.filter(
            sender=sender_of(header),
            control_id=header.control_id,
            sha256=hashlib.sha256(raw).hexdigest(),
            answer="AA",
        ).exists()
        if seen:
            return
        message = await self._parsed(raw)
        facts = Facts(message, self.senders.of(header.sending_application), self.zone)
        effect = await dispatch(self.runtime, facts, await db_now(), self.zone)
        await self._remember(raw, header, peer, "AA", effect=effect)

    async def _parsed(self, raw: bytes) -> Message:
        if len(raw) > LARGE_BYTES:
            return await asyncio.to_thread(Message, raw, self.senders.default_charset)
        return Message(raw, self.senders.default_charset)

    async def _remember(
        self, raw: bytes, header: Header, peer: str, code: str, *, problem: str = "",
        effect: str = "",
    ) -> None:  # fmt: skip
        """The message itself, sealed, and a row that tells what became of it."""
        sha256 = hashlib.sha256(raw).hexdigest()
        key = f"messages/{sha256[:2]}/{sha256}.hl7"
        sealed = self.runtime.sealer.seal_bytes(raw, purpose="hl7")
        await self.runtime.objects.put(key, sealed)
        await InboundMessage.update_or_create(
            sender=sender_of(header),
            control_id=header.control_id,
            sha256=sha256,
            defaults={
                "message_type": header.message_type[:16],
                "object_key": key,
                "answer": code,
                "problem": problem[:256],
                "peer": peer[:64],
                "effect": effect[:256],
            },
        )


def sender_of(header: Header) -> str:
    return header.sending_application[:64] or "HL7"


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
