"""Fetching from PACS and sending on to them: `python -m workers.puller [--health-port N]`. One
task a PACS and direction, so that one that is slow or down never keeps another waiting; how far
each has come is in the database."""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import cast
from zoneinfo import ZoneInfo

import structlog

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import open_runtime
from assembly.settings import Settings
from domain.errors import FilmError, Unavailable
from integrations.pacs.peer_file import load_peers
from integrations.pacs.peers import Peer
from storage.records import pulling
from storage.transactions import db_now
from usecases.forwarding.forward_studies import forward_studies
from usecases.pulling.poll import poll
from usecases.pulling.repair import repair
from usecases.receiving.receive_instance import InstanceReceiver, InstanceStore
from workers.puller_archive import DicomArchive
from workers.receiver_storage import ReceiverStorage
from workers.sending import Sender

log = structlog.get_logger()

# pauses after the first, second ... failure in a row; the last again and again
BACKOFF_S = (5.0, 15.0, 60.0, 180.0, 600.0)
DEFECT_S = 60.0
PUSH_EVERY_S = 2.0


class PacsPuller:
    """Everything that is done for one PACS, for ever. Cancel `run` at any moment: what is stored is
    stored, the rest is fetched next time."""

    def __init__(
        self, peer: Peer, storage: ReceiverStorage, our_ae_title: str, zone: ZoneInfo
    ) -> None:
        assert peer.pull is not None
        self._peer, self._pull, self._zone = peer, peer.pull, zone
        self._archive = DicomArchive(peer, peer.our_ae_title or our_ae_title, storage)

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(await self._wait_s())
                await self.round()
        finally:
            await self._archive.close()

    async def round(self) -> bool:
        """Ask once, then fetch until the next question is due. True when the PACS was there."""
        try:
            await self._ask_and_fetch()
        except Unavailable as error:
            await self._later(error.detail or error.code)
            return False
        except FilmError as error:
            await self._later(error.detail or error.code)
            return False
        except Exception as error:
            log.warning("pull_failed", pacs=self._peer.name, exc_info=True)
            with contextlib.suppress(Exception):
                await pulling.note_away(self._peer.name, type(error).__name__, retry_s=DEFECT_S)
            await asyncio.sleep(1)
            return False
        return True

    async def _ask_and_fetch(self) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + self._pull.every_s
        try:
            seen = await poll(self._archive, self._peer, self._zone)
            await pulling.note_well(self._peer.name)
            mended = await repair(self._archive, self._peer, may_go_on=lambda: clock() < end)
        finally:
            await self._archive.close()
        if mended:
            log.info("pulled", pacs=self._peer.name, seen=seen, studies=mended)

    async def _later(self, why: str) -> None:
        state = await pulling.state_of(self._peer.name)
        pause_s = BACKOFF_S[min(state.failures, len(BACKOFF_S) - 1)]
        log.warning("pacs_away", pacs=self._peer.name, why=why, retry_s=pause_s)
        await pulling.note_away(self._peer.name, why, retry_s=pause_s)

    async def _wait_s(self) -> float:
        """Until the next round: what a failure has set, else what is left of the interval."""
        try:
            state, now = await pulling.state_of(self._peer.name), await db_now()
        except Exception:
            log.warning("database_away", pacs=self._peer.name, exc_info=True)
            return DEFECT_S / 6
        if state.next_try_at is not None:
            return max(0.1, (state.next_try_at - now).total_seconds())
        if state.polled_until is None:
            return 0.0
        waited_s = (now - state.polled_until).total_seconds()
        return max(0.0, self._pull.every_s - waited_s)


@contextlib.asynccontextmanager
async def pulling_from(
    peers: list[Peer], storage: ReceiverStorage, our_ae_title: str, zone: ZoneInfo
) -> AsyncIterator[None]:
    """A task for each peer that is to be pulled, until the end of the block."""
    tasks = [
        asyncio.create_task(PacsPuller(peer, storage, our_ae_title, zone).run())
        for peer in peers
        if peer.pull is not None
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def push_for_ever(peer: Peer, sender: Sender) -> None:
    """Send on what is new to this peer. What goes wrong is noted at the study and tried again."""
    while True:
        pause_s = PUSH_EVERY_S
        try:
            if await forward_studies(sender, peer):
                pause_s = 0.1
        except Exception:
            log.warning("push_failed", peer=peer.name, exc_info=True)
            pause_s = DEFECT_S / 6
        await asyncio.sleep(pause_s)


@contextlib.asynccontextmanager
async def pushing_to(peers: list[Peer], sender: Sender) -> AsyncIterator[None]:
    """A task for each peer to which studies go on, until the end of the block."""
    tasks = [asyncio.create_task(push_for_ever(peer, sender)) for peer in peers if peer.push]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(settings: Settings, health_port: int) -> None:
    """Until SIGTERM or SIGINT."""
    peers = load_peers(settings.peers_file)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_runtime(settings) as runtime:
        receiver = InstanceReceiver(cast(InstanceStore, runtime.objects), settings.spool_folder())
        every = list(peers.by_name.values())
        sender = Sender(runtime.objects, settings.ae_title)
        health = HealthServer(health_port, {"database": database_is_up})
        async with (
            receiver.running(),
            health,
            pushing_to(every, sender),
            pulling_from(
                every, ReceiverStorage(receiver), settings.ae_title,
                ZoneInfo(settings.time_zone),
            ),
        ):  # fmt: skip
            await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    arguments = parser.parse_args()
    settings = Settings()
    configure_logging(settings.log_level, process="puller")
    asyncio.run(serve(settings, arguments.health_port))


if __name__ == "__main__":
    main()
