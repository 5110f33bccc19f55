"""The table says what PS3.8 table 9-10 says."""

import pytest

from dicomnet.errors import LocalProtocolError, ProtocolError
from dicomnet.ul.machine import TRANSITIONS, Event, Machine, State


def test_no_base_error_is_ever_raised() -> None:
    with pytest.raises(TypeError):
        ProtocolError("neither ours nor theirs")


def test_every_pdu_has_an_answer_in_every_state_with_a_connection() -> None:
    from_peer = (3, 4, 6, 10, 12, 13, 16, 19)
    with_connection = [state for state in State if state not in (1, 4)]
    missing = [
        (event, state)
        for event in from_peer
        for state in with_connection
        if (event, state) not in TRANSITIONS
    ]
    assert missing == []


def test_every_state_but_idle_survives_a_lost_connection() -> None:
    for state in State:
        if state != State.IDLE:
            assert TRANSITIONS[Event.CONNECTION_CLOSED, state][1] == State.IDLE


def test_data_before_an_association_is_aborted() -> None:
    assert TRANSITIONS[Event.DATA_TF, State.AWAITING_ASSOCIATE_RQ] == ("AA-1", 13)


def test_data_goes_on_while_the_peer_has_not_answered_our_release() -> None:
    assert TRANSITIONS[Event.DATA_TF, State.AWAITING_RELEASE_RP] == ("AR-6", 7)
    assert TRANSITIONS[Event.DATA_REQUEST, State.AWAITING_LOCAL_RELEASE_RESPONSE] == ("AR-7", 8)


@pytest.mark.parametrize(
    ("is_requestor", "path"),
    [
        (True, [State.COLLISION_REQUESTOR_LOCAL, State.COLLISION_REQUESTOR_PEER, State.IDLE]),
        (False, [State.COLLISION_ACCEPTOR_PEER, State.COLLISION_ACCEPTOR_LOCAL,
                 State.AWAITING_CLOSE]),
    ],
)  # fmt: skip
def test_a_release_collision_ends_on_both_sides(is_requestor: bool, path: list[State]) -> None:
    machine = Machine(is_requestor=is_requestor)
    machine.state = State.ESTABLISHED
    order = (
        [Event.RELEASE_RQ, Event.RELEASE_RESPONSE, Event.RELEASE_RP]
        if is_requestor
        else [Event.RELEASE_RQ, Event.RELEASE_RP, Event.RELEASE_RESPONSE]
    )
    machine.step(Event.RELEASE_REQUEST)
    seen = []
    for event in order:
        machine.step(event)
        seen.append(machine.state)
    assert seen == path


def test_what_cannot_be_said_now_is_our_own_error() -> None:
    machine = Machine(is_requestor=False)
    with pytest.raises(LocalProtocolError, match="DATA_REQUEST in state IDLE"):
        machine.step(Event.DATA_REQUEST)
