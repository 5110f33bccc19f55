"""One association without I/O: PDUs and local wishes go in, bytes and indications come out.

The transport feeds bytes, writes what `outgoing` holds, closes when `wants_close`, and runs the
ARTIM timer while `artim_runs`.
"""

from collections.abc import Iterator

from dicomnet.errors import LocalProtocolError, RemoteProtocolError
from dicomnet.ul.machine import Event, Machine, State
from dicomnet.ul.pdu import (
    PDU,
    Abort,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    PData,
    PDUParser,
    ReleaseRP,
    ReleaseRQ,
    encode,
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
_INDICATING = frozenset(
    ("AE-3", "AE-4", "AE-6", "DT-2", "AR-6", "AR-2", "AR-3", "AR-8", "AR-10", "AA-3")
)


class Association:
    """`PS3.8` for one connection, either side."""

    def __init__(self, *, is_requestor: bool, max_length: int) -> None:
        self._machine = Machine(is_requestor=is_requestor)
        self._parser = PDUParser(max_length)
        self.outgoing = bytearray()
        self.wants_close = False
        self.artim_runs = False
        if is_requestor:
            self._step(Event.ASSOCIATE_REQUEST)
        else:
            self._step(Event.CONNECTION_INDICATED)
            self.artim_runs = True

    @property
    def state(self) -> State:
        return self._machine.state

    def receive(self, data: bytes) -> Iterator[PDU]:
        """Feed bytes; yields what the user must hear. A broken PDU aborts the association and
        raises RemoteProtocolError after the A-ABORT has been put into `outgoing`."""
        try:
            for pdu in self._parser.feed(data):
                action = self._step(_EVENT_OF[type(pdu)])
                if action in _INDICATING:
                    yield pdu
                if action == "AA-8" or (action == "AA-1" and not isinstance(pdu, Abort)):
                    raise RemoteProtocolError(f"{type(pdu).__name__} in a wrong state", reason=2)
        except RemoteProtocolError as error:
            if self.state not in (State.AWAITING_CLOSE, State.IDLE):
                self._step(Event.INVALID_PDU, reason=error.reason)
            raise

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
        self.artim_runs = True

    def send_data(self, data: PData) -> None:
        self._step(Event.DATA_REQUEST)
        self._send(data)

    def check_may_send(self) -> None:
        """For a sender that writes its P-DATA-TF bytes itself."""
        self._step(Event.DATA_REQUEST)

    def release(self) -> None:
        self._step(Event.RELEASE_REQUEST)
        self._send(ReleaseRQ())

    def answer_release(self) -> None:
        self._step(Event.RELEASE_RESPONSE)
        self._send(ReleaseRP())

    def abort(self) -> None:
        """A-ABORT by the service user; does nothing when there is nothing left to abort."""
        if self.state not in (State.IDLE, State.AWAITING_CLOSE, State.AWAITING_ASSOCIATE_RQ):
            self._step(Event.ABORT_REQUEST)
        else:
            self.wants_close = True

    def connection_closed(self) -> None:
        if self.state != State.IDLE:
            self._step(Event.CONNECTION_CLOSED)

    def artim_expired(self) -> None:
        if self.state in (State.AWAITING_ASSOCIATE_RQ, State.AWAITING_CLOSE):
            self._step(Event.ARTIM_EXPIRED)

    def _send(self, pdu: PDU) -> None:
        self.outgoing += encode(pdu)

    def _step(self, event: Event, *, reason: int = 0) -> str:
        action = self._machine.step(event)
        match action:
            case "AE-6" | "AE-7":
                self.artim_runs = False
            case "AA-1":
                self._send(Abort(source=0))
                self.artim_runs = True
            case "AA-8" | "AA-7":
                self._send(Abort(source=2, reason=reason or 2))
                self.artim_runs = True
            case "AR-4":
                self.artim_runs = True
            case "AE-4" | "AR-3" | "AA-2" | "AA-3":
                self.wants_close = True
                self.artim_runs = False
            case "AA-4" | "AA-5" | "AR-5":
                self.artim_runs = False
        return action


__all__ = ["Association", "LocalProtocolError"]
