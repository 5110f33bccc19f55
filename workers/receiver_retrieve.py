"""C-MOVE and C-GET in the product's words: rights, what the identifier names, and objects sent to
a peer of the configuration."""

from collections.abc import AsyncIterator

from dicomnet.dimse import status
from dicomnet.services.query import OperationRefused, Question
from dicomnet.services.retrieve import Candidate, Step
from dicomnet.services.storage_scu import MoveOriginator, SendableObject
from domain.access import SystemViewer
from domain.errors import FilmError, Invalid
from domain.ports import ObjectStore
from usecases.audit.note_peer import note_retrieval
from usecases.query_retrieve.retrieve import select_instances
from workers.receiver_gate import ReceiverGate
from workers.receiver_query import keys_of, read_identifier, refusal_of, root_of
from workers.sending import Sender, candidate


class ReceiverRetrieve:
    """`dicomnet`'s RetrieveHandler on the use cases."""

    def __init__(self, objects: ObjectStore, gate: ReceiverGate, ae_title: str) -> None:
        self._gate = gate
        self._sender = Sender(objects, ae_title)

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
        return [candidate(one) for one in found]

    async def load(self, candidate: Candidate, syntaxes: frozenset[str]) -> SendableObject:
        return await self._sender.load(candidate, syntaxes)

    async def move(
        self, question: Question, candidates: list[Candidate], destination: str, message_id: int
    ) -> AsyncIterator[Step]:
        peer = self._gate.peers.of(destination)
        if peer is None or not peer.port:
            raise OperationRefused(status.MOVE_DESTINATION_UNKNOWN, "move destination unknown")
        originator = MoveOriginator(question.peer.calling_ae, message_id)
        called = question.peer.called_ae
        async for step in self._sender.steps(peer, candidates, originator, called):
            yield step
