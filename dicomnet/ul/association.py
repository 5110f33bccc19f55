"""One association without I/O: bytes and local wishes go in, bytes and indications come out.

The transport puts what it reads into `parser`, asks `next_indication`, writes what `outgoing`
holds, closes when `wants_close`, and runs the ARTIM timer while `artim_runs`.
"""

from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.encode import encode
from dicomnet.ul.machine import Event, Machine, State
from dicomnet.ul.parser import PDUParser
from dicomnet.ul.pdu import (
    PDU,
    UNEXPECTED_PDU,
    Abort,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    PData,
    ReleaseRP,
    ReleaseRQ,
)

_EVENT_OF: dict[type, Event] = {
    AssociateRQ: Event.ASSOCIATE_RQ,
    AssociateAC: Event.ASSOCIATE_AC,
    AssociateRJ: Event.ASSOCIATE_RJ,
    PData: Event.DATA_TF,
    ReleaseRQ: Event.RELEASE_RQ,
    ReleaseRP: Event.RELEASE_RP,
    Abort: Event.ABORT,
}
# actions after which the service user hears of the PDU
_INDICATING = frozenset(
    ("AE-3", "AE-4", "AE-6", "DT-2", "AR-2", "AR-3", "AR-6", "AR-8", "AR-10", "AA-2", "AA-3")
)
_SAYABLE_ABORT = frozenset(State) - {
    State.IDLE,
    State.AWAITING_ASSOCIATE_RQ,
    State.AWAITING_CLOSE,
}


class Association:
    """PS3.8 for one connection, either side."""

    def __init__(self, *, is_requestor: bool, max_length: int) -> None:
        self._machine = Machine(is_requestor=is_requestor)
        self.parser = PDUParser(max_length)
        self.outgoing = bytearray()
        self.wants_close = False
        self.artim_runs = not is_requestor
        self._step(Event.ASSOCIATE_REQUEST if is_requestor else Event.CONNECTION_INDICATED)

    @property
    def state(self) -> State:
        return self._machine.state

    def next_indication(self) -> PDU | None:
        """What the user must hear next; None for "need more". A PDU that is broken or out of turn
        aborts: the A-ABORT is in `outgoing`, and RemoteProtocolError is raised."""
        while True:
            try:
                pdu = self.parser.next_pdu()
            except RemoteProtocolError as error:
                self._step(Event.INVALID_PDU, reason=error.reason)
                raise
            if pdu is None:
                return None
            action = self._step(_EVENT_OF[type(pdu)], reason=UNEXPECTED_PDU)
            if action in ("AA-1", "AA-7", "AA-8"):
                raise RemoteProtocolError(
                    f"{type(pdu).__name__} out of turn", reason=UNEXPECTED_PDU
                )
            if action in _INDICATING:
                return pdu

    def connected(self, request: AssociateRQ) -> None:
        """Requestor: the connection stands."""
        self._step(Event.CONNECTION_CONFIRMED)
        self._send(request)

    def accept(self, answer: AssociateAC) -> None:
        self._step(Event.ACCEPT)
        self._send(answer)

    def reject(self, answer: AssociateRJ) -> None:
        self._step(Event.REJECT)
        self._send(answer)

    def check_may_send(self) -> None:
        """For a sender that writes its P-DATA-TF bytes itself; LocalProtocolError if it may not."""
        self._step(Event.DATA_REQUEST)

    def send_data(self, data: PData) -> None:
        self.check_may_send()
        self._send(data)

    def release(self) -> None:
        self._step(Event.RELEASE_REQUEST)
        self._send(ReleaseRQ())

    def answer_release(self) -> None:
        self._step(Event.RELEASE_RESPONSE)
        self._send(ReleaseRP())

    def abort(self, *, reason: int | None = None) -> None:
        """Abort as the service user, or as the provider for `reason`; where there is nobody to
        hear it, only close."""
        if self.state not in _SAYABLE_ABORT:
            self.wants_close = True
        elif reason is None or self.state == State.AWAITING_CONNECTION:
            self._step(Event.ABORT_REQUEST)
        else:
            self._step(Event.INVALID_PDU, reason=reason)

    def connection_closed(self) -> None:
        if self.state != State.IDLE:
            self._step(Event.CONNECTION_CLOSED)

    def artim_expired(self) -> None:
        if self.state in (State.AWAITING_ASSOCIATE_RQ, State.AWAITING_CLOSE):
            self._step(Event.ARTIM_EXPIRED)

    def _send(self, pdu: PDU) -> None:
        self.outgoing += encode(pdu)

    def _step(self, event: Event, *, reason: int = 0) -> str:
        """The part of an action that is not the sending of what the user gave."""
        action = self._machine.step(event)
        match action:
            case "AA-1":
                self._send(Abort(source=0))
                self.artim_runs = True
            case "AA-7" | "AA-8":
                self._send(Abort(source=2, reason=reason))
                self.artim_runs = True
            case "AE-8" | "AR-4":
                self.artim_runs = True
            case "AE-6" | "AE-7" | "AA-4" | "AA-5" | "AR-5":
                self.artim_runs = False
            case "AE-4" | "AR-3" | "AA-2" | "AA-3":
                self.artim_runs = False
                self.wants_close = True
        return action
