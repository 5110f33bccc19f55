"""C-MOVE and C-GET in the product's words: rights, what the identifier names, and objects sent to
a peer of the configuration."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager

import structlog

from dicomnet.dimse import status
from dicomnet.errors import ProtocolError
from dicomnet.services.query import OperationRefused, Question
from dicomnet.services.retrieve import Candidate
from dicomnet.services.storage_scu import MoveOriginator, SendableObject
from dicomnet.transport.client import RequestedAssociation, open_association
from domain.access import SystemViewer
from domain.errors import FilmError, Invalid, Unavailable
from domain.ports import ObjectStore
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from integrations.pacs.peers import Peer, Peers
from usecases.query_retrieve.retrieve import StoredInstance, load_object, select_instances
from workers.receiver_query import check_right, keys_of, read_identifier, refusal_of, root_of

log = structlog.get_logger()

MAX_PAIRS = 60  # two contexts each, and an association has at most 128


class ReceiverRetrieve:
    """`dicomnet`'s RetrieveHandler on the use cases."""

    def __init__(self, objects: ObjectStore, peers: Peers, ae_title: str) -> None:
        self._objects, self._peers, self._ae_title = objects, peers, ae_title

    async def select(self, question: Question) -> list[Candidate]:
        check_right(self._peers, question, "retrieve")
        keys = keys_of(read_identifier(question))
        viewer = SystemViewer(f"dicom {question.peer.calling_ae}")
        try:
            found = await select_instances(
                viewer, keys, root_of(question), is_relational=question.is_relational
            )
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

    async def load(self, candidate: Candidate, syntaxes: frozenset[str]) -> SendableObject | None:
        object_key, _, sha256 = candidate.key.partition(" ")
        instance = StoredInstance(
            candidate.sop_class_uid, candidate.sop_instance_uid, candidate.transfer_syntax_uid,
            object_key, sha256,
        )  # fmt: skip
        try:
            loaded = await load_object(self._objects, instance, syntaxes)
        except Unavailable as error:
            raise OperationRefused(status.OUT_OF_RESOURCES, error.code) from error
        if loaded is None:
            log.warning("instance_not_sent", sop_instance_uid=candidate.sop_instance_uid)
            return None
        return SendableObject(
            candidate.sop_class_uid, candidate.sop_instance_uid, loaded[0], memoryview(loaded[1])
        )

    async def move(
        self, question: Question, candidates: list[Candidate], destination: str, message_id: int
    ) -> AsyncIterator[tuple[str, int]]:
        peer = self._peers.of(destination)
        if peer is None or not peer.port:
            raise OperationRefused(status.MOVE_DESTINATION_UNKNOWN, "move destination unknown")
        originator = MoveOriginator(question.peer.calling_ae, message_id)
        for batch in _batches(candidates):
            sent: set[str] = set()
            try:
                async with self._open(peer, question, batch) as association:
                    for candidate in batch:
                        code = await self._send(association, candidate, originator)
                        sent.add(candidate.sop_instance_uid)
                        yield candidate.sop_instance_uid, code
            except (OSError, ProtocolError) as error:
                log.warning("move_broken", destination=destination, reason=str(error)[:200])
            for candidate in batch:
                if candidate.sop_instance_uid not in sent:
                    yield candidate.sop_instance_uid, status.OUT_OF_RESOURCES

    def _open(
        self, peer: Peer, question: Question, batch: Sequence[Candidate]
    ) -> AbstractAsyncContextManager[RequestedAssociation]:
        pairs = sorted({(one.sop_class_uid, one.transfer_syntax_uid) for one in batch})
        contexts: list[tuple[str, tuple[str, ...]]] = [(uid, (syntax,)) for uid, syntax in pairs]
        classes = sorted({uid for uid, _ in pairs})
        contexts += [(uid, (EXPLICIT_LITTLE, IMPLICIT_LITTLE)) for uid in classes]
        return open_association(
            peer.host, peer.port, contexts=contexts, called_ae=peer.ae_title,
            calling_ae=self._ae_title or question.peer.called_ae,
        )  # fmt: skip

    async def _send(
        self, association: RequestedAssociation, candidate: Candidate, originator: MoveOriginator
    ) -> int:
        item = await self.load(candidate, association.syntaxes_for(candidate.sop_class_uid))
        if item is None:
            return status.SOP_CLASS_NOT_SUPPORTED
        return (await association.store(item, originator)).status


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
