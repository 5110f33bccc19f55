"""Two associations joined in memory: what one says, the other hears, and both end."""

import pytest

from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.association import Association
from dicomnet.ul.encode import encode
from dicomnet.ul.machine import State
from dicomnet.ul.pdu import (
    PDU,
    PDV,
    Abort,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    ContextResult,
    PData,
    ProposedContext,
    ReleaseRP,
    ReleaseRQ,
)

REQUEST = AssociateRQ("A", "B", (ProposedContext(1, "1.2", ("1.2.3",)),))
ANSWER = AssociateAC("A", "B", (ContextResult(1, 0, "1.2.3"),))
DATA = PData((PDV(1, True, True, memoryview(b"hello!")),))


class Pair:
    """A requestor and an acceptor without a network between them."""

    def __init__(self) -> None:
        self.requestor = Association(is_requestor=True, max_length=1 << 16)
        self.acceptor = Association(is_requestor=False, max_length=1 << 16)

    def pass_on(self, sender: Association, receiver: Association) -> list[PDU]:
        receiver.parser.feed(bytes(sender.outgoing))
        sender.outgoing.clear()
        heard = []
        while (pdu := receiver.next_indication()) is not None:
            heard.append(pdu)
        return heard

    def to_acceptor(self) -> list[PDU]:
        return self.pass_on(self.requestor, self.acceptor)

    def to_requestor(self) -> list[PDU]:
        return self.pass_on(self.acceptor, self.requestor)

    def establish(self) -> "Pair":
        self.requestor.connected(REQUEST)
        assert self.to_acceptor() == [REQUEST]
        self.acceptor.accept(ANSWER)
        assert self.to_requestor() == [ANSWER]
        return self


def test_request_data_release() -> None:
    pair = Pair().establish()
    pair.requestor.send_data(DATA)
    assert pair.to_acceptor() == [DATA]
    pair.requestor.release()
    assert pair.to_acceptor() == [ReleaseRQ()]
    pair.acceptor.answer_release()
    assert pair.acceptor.artim_runs
    assert pair.to_requestor() == [ReleaseRP()]
    assert pair.requestor.wants_close
    assert pair.requestor.state == State.IDLE
    pair.acceptor.connection_closed()
    assert pair.acceptor.state == State.IDLE


def test_a_rejection_ends_both() -> None:
    pair = Pair()
    pair.requestor.connected(REQUEST)
    pair.to_acceptor()
    pair.acceptor.reject(AssociateRJ(1, 1, 7))
    assert pair.acceptor.artim_runs
    assert pair.to_requestor() == [AssociateRJ(1, 1, 7)]
    assert pair.requestor.wants_close


def test_both_release_at_once() -> None:
    pair = Pair().establish()
    pair.requestor.release()
    pair.acceptor.release()
    assert pair.to_acceptor() == [ReleaseRQ()]
    assert pair.to_requestor() == [ReleaseRQ()]
    pair.requestor.answer_release()
    assert pair.to_acceptor() == [ReleaseRP()]
    pair.acceptor.answer_release()
    assert pair.to_requestor() == [ReleaseRP()]
    assert pair.requestor.state == State.IDLE
    assert pair.acceptor.state == State.AWAITING_CLOSE


def test_an_abort_is_heard_and_closes() -> None:
    pair = Pair().establish()
    pair.requestor.abort()
    assert pair.to_acceptor() == [Abort(0, 0)]
    assert pair.acceptor.wants_close
    assert pair.requestor.state == State.AWAITING_CLOSE


@pytest.mark.parametrize("pdu", [DATA, ANSWER, ReleaseRQ(), ReleaseRP()], ids=type)
def test_anything_before_the_request_is_aborted(pdu: PDU) -> None:
    acceptor = Association(is_requestor=False, max_length=1 << 16)
    acceptor.parser.feed(encode(pdu))
    with pytest.raises(RemoteProtocolError):
        acceptor.next_indication()
    assert bytes(acceptor.outgoing) == encode(Abort(0, 0))
    assert acceptor.state == State.AWAITING_CLOSE


@pytest.mark.parametrize("pdu", [REQUEST, ANSWER, ReleaseRP()], ids=type)
def test_a_pdu_out_of_turn_is_aborted_by_the_provider(pdu: PDU) -> None:
    pair = Pair().establish()
    pair.acceptor.parser.feed(encode(pdu))
    with pytest.raises(RemoteProtocolError):
        pair.acceptor.next_indication()
    assert bytes(pair.acceptor.outgoing) == encode(Abort(2, 2))


def test_data_after_our_abort_is_ignored() -> None:
    pair = Pair().establish()
    pair.acceptor.abort()
    pair.requestor.send_data(DATA)
    assert pair.to_acceptor() == []
    assert pair.acceptor.state == State.AWAITING_CLOSE


def test_the_timer_ends_a_connection_that_asks_for_nothing() -> None:
    acceptor = Association(is_requestor=False, max_length=1 << 16)
    assert acceptor.artim_runs
    acceptor.artim_expired()
    assert acceptor.wants_close
