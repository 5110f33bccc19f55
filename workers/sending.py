"""Stored objects on their way to a peer: over associations of ours that have a context for each, as
stored where the peer takes that, decoded where it takes no less."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager

import structlog

from dicomnet.dimse import status
from dicomnet.dimse.fragment import Streamed
from dicomnet.errors import ProtocolError, Unfinished
from dicomnet.services.query import OperationRefused
from dicomnet.services.retrieve import Candidate, CannotSend, Step
from dicomnet.services.storage_scu import MoveOriginator, SendableObject
from dicomnet.transport.client import RequestedAssociation
from domain.errors import FilmError, NotFound, Refused, Unavailable
from domain.ports import ObjectStore
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from integrations.pacs.peers import Peer
from storage.records.forwarding import UnsentInstance
from usecases.forwarding.forward_studies import Answer
from usecases.query_retrieve.retrieve import StoredInstance, load_object
from workers.calling import call_peer

log = structlog.get_logger()

MAX_PAIRS = 60  # two contexts each, and an association has at most 128


def candidate(instance: StoredInstance | UnsentInstance) -> Candidate:
    return Candidate(
        instance.sop_class_uid, instance.sop_instance_uid, instance.transfer_syntax_uid,
        f"{instance.object_key} {instance.sha256}",
    )  # fmt: skip


class Sender:
    """Also `usecases.forwarding`'s Outlet."""

    def __init__(self, objects: ObjectStore, our_ae_title: str) -> None:
        self._objects, self._our_ae_title = objects, our_ae_title

    async def send(self, peer: Peer, instances: list[UnsentInstance]) -> AsyncIterator[Answer]:
        async for step in self.steps(peer, [candidate(one) for one in instances]):
            is_stored = status.is_stored(step.code)
            why = "" if is_stored else step.why or f"status {step.code:04X}"
            yield Answer(is_stored, is_stored and step.code != status.SUCCESS, why)

    async def steps(
        self, peer: Peer, candidates: list[Candidate], originator: MoveOriginator | None = None,
        our_ae_title: str = "",
    ) -> AsyncIterator[Step]:  # fmt: skip
        """What became of each, in order."""
        for batch in _batches(candidates):
            waiting = deque(batch)
            while waiting:
                why, code = "", status.OUT_OF_RESOURCES
                try:
                    async with self._open(peer, waiting, our_ae_title) as association:
                        while waiting:
                            step = await self._send(association, waiting[0], originator)
                            waiting.popleft()
                            yield step
                except Unfinished as error:  # the object's fault: the others go on another one
                    log.error("sending_unfinished", peer=peer.ae_title, reason=str(error)[:200])
                    why, code = "object cannot be read", status.PROCESSING_FAILURE
                    yield Step(waiting.popleft().sop_instance_uid, code, why)
                    continue
                except (OSError, ProtocolError) as error:
                    log.warning("sending_broken", peer=peer.ae_title, reason=str(error)[:200])
                    why = f"association with {peer.ae_title} broken"
                while waiting:
                    yield Step(waiting.popleft().sop_instance_uid, code, why)

    async def load(self, one: Candidate, syntaxes: frozenset[str]) -> SendableObject:
        """Raises CannotSend, OperationRefused."""
        object_key, _, sha256 = one.key.partition(" ")
        instance = StoredInstance(
            one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid, object_key, sha256
        )
        try:
            found = await load_object(self._objects, instance, syntaxes)
        except Unavailable as error:
            raise OperationRefused(status.OUT_OF_RESOURCES, error.code) from error
        except FilmError as error:
            log.warning("instance_not_sent", sop_instance_uid=one.sop_instance_uid, code=error.code)
            is_ours = not isinstance(error, Refused) or isinstance(error, NotFound)
            code = status.PROCESSING_FAILURE if is_ours else status.SOP_CLASS_NOT_SUPPORTED
            raise CannotSend(code, error.code if is_ours else error.detail) from error
        data = (
            Streamed(found.size, found.read)
            if found.read is not None
            else memoryview(found.data or b"")
        )
        return SendableObject(
            one.sop_class_uid, one.sop_instance_uid, found.transfer_syntax_uid, data
        )

    def _open(
        self, peer: Peer, batch: Iterable[Candidate], our_ae_title: str
    ) -> AbstractAsyncContextManager[RequestedAssociation]:
        pairs = sorted({(one.sop_class_uid, one.transfer_syntax_uid) for one in batch})
        contexts: list[tuple[str, tuple[str, ...]]] = [(uid, (syntax,)) for uid, syntax in pairs]
        classes = sorted({uid for uid, _ in pairs})
        contexts += [(uid, (EXPLICIT_LITTLE, IMPLICIT_LITTLE)) for uid in classes]
        return call_peer(peer, self._our_ae_title or our_ae_title, contexts=contexts)

    async def _send(
        self, association: RequestedAssociation, one: Candidate, originator: MoveOriginator | None
    ) -> Step:
        try:
            item = await self.load(one, association.syntaxes_for(one.sop_class_uid))
        except CannotSend as no:
            return Step(one.sop_instance_uid, no.code, no.why)
        response = await association.store(item, originator)
        return Step(one.sop_instance_uid, response.status, response.text(0x0902))


def _batches(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    """As many as one association has contexts for."""
    batch: list[Candidate] = []
    pairs: set[tuple[str, str]] = set()
    for one in candidates:
        pair = one.sop_class_uid, one.transfer_syntax_uid
        if pair not in pairs and len(pairs) == MAX_PAIRS:
            yield batch
            batch, pairs = [], set()
        pairs.add(pair)
        batch.append(one)
    if batch:
        yield batch
