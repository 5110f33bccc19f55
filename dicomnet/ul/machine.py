"""The upper layer's state machine (PS3.8 section 9.2) as ONE table.

Everything that decides what may happen when is here, and this file knows neither sockets nor
clocks: it turns an event into the name of an action and the next state.
"""

from enum import IntEnum
from typing import Final

from dicomnet.errors import LocalProtocolError


class State(IntEnum):
    """Table 9-1 to 9-5."""

    IDLE = 1
    AWAITING_ASSOCIATE_RQ = 2
    AWAITING_LOCAL_ASSOCIATE_RESPONSE = 3
    AWAITING_CONNECTION = 4
    AWAITING_ASSOCIATE_AC = 5
    ESTABLISHED = 6
    AWAITING_RELEASE_RP = 7
    AWAITING_LOCAL_RELEASE_RESPONSE = 8
    COLLISION_REQUESTOR_LOCAL = 9
    COLLISION_ACCEPTOR_PEER = 10
    COLLISION_REQUESTOR_PEER = 11
    COLLISION_ACCEPTOR_LOCAL = 12
    AWAITING_CLOSE = 13


class Event(IntEnum):
    """Table 9-10, first column."""

    ASSOCIATE_REQUEST = 1
    CONNECTION_CONFIRMED = 2
    ASSOCIATE_AC = 3
    ASSOCIATE_RJ = 4
    CONNECTION_INDICATED = 5
    ASSOCIATE_RQ = 6
    ACCEPT = 7
    REJECT = 8
    DATA_REQUEST = 9
    DATA_TF = 10
    RELEASE_REQUEST = 11
    RELEASE_RQ = 12
    RELEASE_RP = 13
    RELEASE_RESPONSE = 14
    ABORT_REQUEST = 15
    ABORT = 16
    CONNECTION_CLOSED = 17
    ARTIM_EXPIRED = 18
    INVALID_PDU = 19


_LIVE: Final = (6, 7, 8, 9, 10, 11, 12)


def _rows() -> dict[tuple[int, int], tuple[str, int]]:
    """(event, state) -> (action, next state): PS3.8 table 9-10, cell by cell."""
    table: dict[tuple[int, int], tuple[str, int]] = {
        (1, 1): ("AE-1", 4),
        (2, 4): ("AE-2", 5),
        (3, 5): ("AE-3", 6),
        (4, 5): ("AE-4", 1),
        (5, 1): ("AE-5", 2),
        (6, 2): ("AE-6", 3),
        (7, 3): ("AE-7", 6),
        (8, 3): ("AE-8", 13),
        (9, 6): ("DT-1", 6),
        (9, 8): ("AR-7", 8),
        (10, 6): ("DT-2", 6),
        (10, 7): ("AR-6", 7),
        (11, 6): ("AR-1", 7),
        (12, 6): ("AR-2", 8),
        (12, 7): ("AR-8", 9),
        (13, 7): ("AR-3", 1),
        (13, 10): ("AR-10", 12),
        (13, 11): ("AR-3", 1),
        (14, 8): ("AR-4", 13),
        (14, 9): ("AR-9", 11),
        (14, 12): ("AR-4", 13),
        (15, 4): ("AA-2", 1),
        (18, 2): ("AA-2", 1),
        (18, 13): ("AA-2", 1),
        (16, 2): ("AA-2", 1),
        (16, 13): ("AA-2", 1),
        (17, 2): ("AA-5", 1),
        (17, 13): ("AR-5", 1),
        (6, 13): ("AA-7", 13),
        (19, 13): ("AA-7", 13),
    }
    for state in (3, 5, *_LIVE):
        table[15, state] = ("AA-1", 13)
        table[16, state] = ("AA-3", 1)
        table[17, state] = ("AA-4", 1)
    table[17, 4] = ("AA-4", 1)
    # a PDU that must not come now: abort from the provider
    for event in (3, 4, 6, 10, 12, 13, 19):
        if event != 6:
            table.setdefault((event, 2), ("AA-1", 13))
        for state in (3, 5, *_LIVE):
            table.setdefault((event, state), ("AA-8", 13))
        table.setdefault((event, 13), ("AA-6", 13))
    return table


TRANSITIONS: Final = _rows()


class Machine:
    """The state of one association. `is_requestor` picks the branch of a release collision."""

    def __init__(self, *, is_requestor: bool) -> None:
        self.state = State.IDLE
        self.is_requestor = is_requestor

    def step(self, event: Event) -> str:
        """Move, and return the action of table 9-6 to 9-9. LocalProtocolError where there is no
        cell: we asked for something that cannot be said now."""
        try:
            action, state = TRANSITIONS[event, self.state]
        except KeyError:
            raise LocalProtocolError(f"{event.name} in state {self.state.name}") from None
        if action == "AR-8" and not self.is_requestor:
            state = State.COLLISION_ACCEPTOR_PEER
        self.state = State(state)
        return action
