"""C-MOVE and C-GET in the product's words: rights, what the identifier names, and objects sent to
a peer of the configuration."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager

import structlog

from dicomnet.dimse import status
from dicomnet.errors import ProtocolError
from dicomnet.services.query import OperationRefused, Question
from dicomnet.services.retrieve import Candidate, CannotSend, Step
from dicomnet.services.storage_scu import MoveOriginator, SendableObject
from dicomnet.transport.client import RequestedAssociation
from domain.access import SystemViewer
from domain.errors import FilmError, Invalid, NotFound, Refused, Unavailable
from domain.ports import ObjectStore
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from integrations.pacs.peers import Peer
from usecases.audit.note_peer import note_retrieval
from usecases.query_retrieve.retrieve import StoredInstance, load_object, select_instances
from workers.calling import call_peer
from workers.receiver_gate import ReceiverGate
from workers.receiver_query import keys_of, read_identifier, refusal_of, root_of

log = structlog.get_logger()

MAX_PAIRS = 60  # two contexts each, and an association has at most 128


class ReceiverRetrieve:
    """`dicomnet`'s RetrieveHandler on the use cases."""

    def __init__(self, objects: ObjectStore, gate: ReceiverGate, ae_title: str) -> None:
        self._objects, self._gate, self._ae_title = objects, gate, ae_title

    async def select(self, question: Question) -> list[Candidate]:
        self._gate.check_right(question.peer, "retrieve")
        keys = keys_of(read_identifier(question))
        viewer = SystemViewer(f"dicom {question.peer.calling_ae}")
        try:
            found = await select_instances(
                viewer, keys, root_of(question), is_relational=question.is_relational
            )
            exam_ids = [one.exam_id for one in found if one.exam_id is not None]
            await note_retrieval(question.peer.calling_ae, question.peer.address, exam_ids)
        except Invalid as error:
            raise refusal_of(error) from error
        except FilmError as error:
            refusal = refusal_of(error)
            if error.code == "too_many_matches":
                raise OperationRefused(status.CANNOT_CALCULATE_MATCHES, refusal.comment) from error
            raise refusal from error
        return [
            Candidate(
                one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid,
                f"{one.object_key} {one.sha256}",
            )
            for one in found
        ]  # fmt: skip

    async def load(self, candidate: Candidate, syntaxes: frozenset[str]) -> SendableObject:
        object_key, _, sha256 = candidate.key.partition(" ")
        instance = StoredInstance(
            candidate.sop_class_uid, candidate.sop_instance_uid, candidate.transfer_syntax_uid,
            object_key, sha256,
        )  # fmt: skip
        try:
            syntax, data = await load_object(self._objects, instance, syntaxes)
        except Unavailable as error:
            raise OperationRefused(status.OUT_OF_RESOURCES, error.code) from error
        except FilmError as error:
            log.warning(
                "instance_not_sent", sop_instance_uid=candidate.sop_instance_uid, code=error.code
            )
            is_ours = not isinstance(error, Refused) or isinstance(error, NotFound)
            code = status.PROCESSING_FAILURE if is_ours else status.SOP_CLASS_NOT_SUPPORTED
            raise CannotSend(code, error.code if is_ours else error.detail) from error
        return SendableObject(
            candidate.sop_class_uid, candidate.sop_instance_uid, syntax, memoryview(data)
        )

    async def move(
        self, question: Question, candidates: list[Candidate], destination: str, message_id: int
    ) -> AsyncIterator[Step]:
        peer = self._gate.peers.of(destination)
        if peer is None or not peer.port:
            raise OperationRefused(status.MOVE_DESTINATION_UNKNOWN, "move destination unknown")
        originator = MoveOriginator(question.peer.calling_ae, message_id)
        for batch in _batches(candidates):
            sent: set[str] = set()
            why = ""
            try:
                async with self._open(peer, question, batch) as association:
                    for candidate in batch:
                        step = await self._send(association, candidate, originator)
                        sent.add(candidate.sop_instance_uid)
                        yield step
            except (OSError, ProtocolError) as error:
                log.warning("move_broken", destination=destination, reason=str(error)[:200])
                why = f"association with {destination} broken"
            for candidate in batch:
                if candidate.sop_instance_uid not in sent:
                    yield Step(candidate.sop_instance_uid, status.OUT_OF_RESOURCES, why)

    def _open(
        self, peer: Peer, question: Question, batch: Sequence[Candidate]
    ) -> AbstractAsyncContextManager[RequestedAssociation]:
        pairs = sorted({(one.sop_class_uid, one.transfer_syntax_uid) for one in batch})
        contexts: list[tuple[str, tuple[str, ...]]] = [(uid, (syntax,)) for uid, syntax in pairs]
        classes = sorted({uid for uid, _ in pairs})
        contexts += [(uid, (EXPLICIT_LITTLE, IMPLICIT_LITTLE)) for uid in classes]
        return call_peer(peer, self._ae_title or question.peer.called_ae, contexts=contexts)

    async def _send(
        self, association: RequestedAssociation, candidate: Candidate, originator: MoveOriginator
    ) -> Step:
        uid = candidate.sop_instance_uid
        try:
            item = await self.load(candidate, association.syntaxes_for(candidate.sop_class_uid))
        except CannotSend as no:
            return Step(uid, no.code, no.why)
        response = await association.store(item, originator)
        return Step(uid, response.status, response.text(0x0902))


def _batches(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    """As many as one association has contexts for."""
    batch: list[Candidate] = []
    pairs: set[tuple[str, str]] = set()
    for candidate in candidates:
        pair = candidate.sop_class_uid, candidate.transfer_syntax_uid
        if pair not in pairs and len(pairs) == MAX_PAIRS:
            yield batch
            batch, pairs = [], set()
        pairs.add(pair)
        batch.append(candidate)
    if batch:
        yield batch
