"""An A-ASSOCIATE-RQ becomes its answer: which titles, SOP classes and transfer syntaxes we take
(PS3.8 9.3.2 to 9.3.4, PS3.4 annexes B and C, PS3.7 D.3.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dicomnet.ul.pdu import (
    APPLICATION_CONTEXT,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    ContextResult,
    ProposedContext,
    UserInformation,
)
from imaging.dicom.uid import (
    EXPLICIT_LITTLE,
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION,
    IMPLICIT_LITTLE,
    STORAGE_ROOT,
    STORAGE_SOP_CLASSES,
    TRANSFER_SYNTAXES,
    VERIFICATION,
    is_valid_uid,
)

# PS3.4 C.6: FIND, MOVE and GET of the patient root and of the study root; J.3; K.5
PATIENT_ROOT_FIND, PATIENT_ROOT_MOVE, PATIENT_ROOT_GET = (
    f"1.2.840.10008.5.1.4.1.2.1.{n}" for n in (1, 2, 3)
)
STUDY_ROOT_FIND, STUDY_ROOT_MOVE, STUDY_ROOT_GET = (
    f"1.2.840.10008.5.1.4.1.2.2.{n}" for n in (1, 2, 3)
)
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
MODALITY_WORKLIST_FIND = "1.2.840.10008.5.1.4.31"
FINDS = frozenset((PATIENT_ROOT_FIND, STUDY_ROOT_FIND))
RETRIEVE_BY_MOVE = frozenset((PATIENT_ROOT_MOVE, STUDY_ROOT_MOVE))
RETRIEVE_BY_GET = frozenset((PATIENT_ROOT_GET, STUDY_ROOT_GET))
QUERY_RETRIEVE = FINDS | RETRIEVE_BY_MOVE | RETRIEVE_BY_GET
WITHOUT_PIXELS = QUERY_RETRIEVE | {STORAGE_COMMITMENT, MODALITY_WORKLIST_FIND}

ACCEPTED, ABSTRACT_SYNTAX_NOT_SUPPORTED, TRANSFER_SYNTAXES_NOT_SUPPORTED = 0, 3, 4
DICOM_ROOT = "1.2.840.10008."

# A-ASSOCIATE-RJ: result, source, reason (PS3.8 table 9-21)
LOCAL_LIMIT_EXCEEDED = AssociateRJ(2, 3, 2)
APPLICATION_CONTEXT_NOT_SUPPORTED = AssociateRJ(1, 1, 2)
NO_REASON = AssociateRJ(1, 1, 1)
CALLING_AE_NOT_RECOGNIZED = AssociateRJ(1, 1, 3)
CALLED_AE_NOT_RECOGNIZED = AssociateRJ(1, 1, 7)
PROTOCOL_VERSION_NOT_SUPPORTED = AssociateRJ(1, 2, 2)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What this acceptor takes. Empty `ae_title` answers to any called title; empty
    `calling_aes` lets every caller in. `services` are SOP classes besides storage whose messages
    it answers; where C-GET is among them, storage classes are also taken in the reversed role."""

    ae_title: str = ""
    calling_aes: frozenset[str] = frozenset()
    extra_sop_classes: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    max_length: int = 1 << 20

    def answer(
        self, request: AssociateRQ, preferred: Sequence[str] = ()
    ) -> AssociateAC | AssociateRJ:
        """Which of the two; a rejection says why. `preferred`: transfer syntaxes that go before
        the sender's own first choice."""
        if not request.version & 1:
            return PROTOCOL_VERSION_NOT_SUPPORTED
        if request.application_context != APPLICATION_CONTEXT:
            return APPLICATION_CONTEXT_NOT_SUPPORTED
        if self.ae_title and request.called_ae != self.ae_title:
            return CALLED_AE_NOT_RECOGNIZED
        if self.calling_aes and request.calling_ae not in self.calling_aes:
            return CALLING_AE_NOT_RECOGNIZED
        return AssociateAC(
            request.called_ae,
            request.calling_ae,
            tuple(self._answer_context(context, preferred) for context in request.contexts),
            UserInformation(
                self.max_length, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION,
                roles=tuple(self._roles(request.user)),
                extended=tuple(self._extended(request.user)),
                async_window=(1, 1) if request.user.async_window else None,
            ),
        )  # fmt: skip

    def _roles(self, user: UserInformation) -> Iterator[tuple[str, bool, bool]]:
        """PS3.7 D.3.3.4: the requestor may be the SCP of what a C-GET brings it, and hears the
        results of a storage commitment."""
        gives_back = bool(self.services & RETRIEVE_BY_GET)
        for uid, is_scu, is_scp in user.roles:
            if self._is_storage(uid):
                yield uid, is_scu, is_scp and gives_back
            elif uid in self.services:
                yield uid, is_scu, False

    def _extended(self, user: UserInformation) -> Iterator[tuple[str, bytes]]:
        """PS3.4 C.5.1.1: relational queries are taken, the other options are not."""
        for uid, information in user.extended:
            if uid in self.services and uid in QUERY_RETRIEVE:
                is_relational = bool(information[:1] == b"\1")
                yield uid, bytes([is_relational]) + bytes(max(0, min(len(information), 5) - 1))

    def _answer_context(self, context: ProposedContext, preferred: Sequence[str]) -> ContextResult:
        if not self._takes(context.abstract_syntax):
            return ContextResult(context.context_id, ABSTRACT_SYNTAX_NOT_SUPPORTED, IMPLICIT_LITTLE)
        chosen = choose_syntax(context, preferred)
        if chosen is None:
            return ContextResult(
                context.context_id, TRANSFER_SYNTAXES_NOT_SUPPORTED, IMPLICIT_LITTLE
            )
        return ContextResult(context.context_id, ACCEPTED, chosen)

    def _takes(self, abstract_syntax: str) -> bool:
        is_service = abstract_syntax == VERIFICATION or abstract_syntax in self.services
        return is_service or self._is_storage(abstract_syntax)

    def _is_storage(self, abstract_syntax: str) -> bool:
        if abstract_syntax in STORAGE_SOP_CLASSES or abstract_syntax in self.extra_sop_classes:
            return True
        # classes younger than our table, and those that vendors put below the root
        return abstract_syntax.startswith(STORAGE_ROOT) and is_valid_uid(abstract_syntax)


def choose_syntax(context: ProposedContext, preferred: Sequence[str] = ()) -> str | None:
    """The sender's first choice among those that carry whole objects: bytes are kept as sent, so
    we have no wish of our own, except where the hospital has one for this peer. Private syntaxes
    come last; a DICOM UID that we do not know may be one without pixels (JPIP) and is not taken."""
    offered = context.transfer_syntaxes
    if context.abstract_syntax == VERIFICATION or context.abstract_syntax in WITHOUT_PIXELS:
        known = [uid for uid in offered if uid in (IMPLICIT_LITTLE, EXPLICIT_LITTLE)]
    else:
        known = [uid for uid in offered if uid in TRANSFER_SYNTAXES]
        known += [uid for uid in offered if not uid.startswith(DICOM_ROOT) and is_valid_uid(uid)]
    return next((uid for uid in preferred if uid in known), known[0] if known else None)
