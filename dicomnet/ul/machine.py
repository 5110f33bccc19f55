"""The upper layer's state machine (PS3.8 section 9.2) as ONE table.

Everything that decides what may happen when is here, and this file knows neither sockets nor
clocks: it turns an event into the name of an action and the next state.
"""

from enum import IntEnum
from typing import Final

from dicomnet.errors import LocalProtocolError


class State(IntEnum):
    """Sta1 to Sta13 (PS3.8 tables 9-1 to 9-5)."""

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
    """Rows of table 9-10."""

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


# Table 9-10: a line is an event, a column a state, a cell the action; "." says "cannot happen".
_TABLE: Final = """
evt  Sta1  Sta2  Sta3  Sta4  Sta5  Sta6  Sta7  Sta8  Sta9  Sta10 Sta11 Sta12 Sta13
1    AE-1  .     .     .     .     .     .     .     .     .     .     .     .
2    .     .     .     AE-2  .     .     .     .     .     .     .     .     .
3    .     AA-1  AA-8  .     AE-3  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
4    .     AA-1  AA-8  .     AE-4  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
5    AE-5  .     .     .     .     .     .     .     .     .     .     .     .
6    .     AE-6  AA-8  .     AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-7
7    .     .     AE-7  .     .     .     .     .     .     .     .     .     .
8    .     .     AE-8  .     .     .     .     .     .     .     .     .     .
9    .     .     .     .     .     DT-1  .     AR-7  .     .     .     .     .
10   .     AA-1  AA-8  .     AA-8  DT-2  AR-6  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
11   .     .     .     .     .     AR-1  .     .     .     .     .     .     .
12   .     AA-1  AA-8  .     AA-8  AR-2  AR-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
13   .     AA-1  AA-8  .     AA-8  AA-8  AR-3  AA-8  AA-8  AR-10 AR-3  AA-8  AA-6
14   .     .     .     .     .     .     .     AR-4  AR-9  .     .     AR-4  .
15   .     .     AA-1  AA-2  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  .
16   .     AA-2  AA-3  .     AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-2
17   .     AA-5  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AR-5
18   .     AA-2  .     .     .     .     .     .     .     .     .     .     AA-2
19   .     AA-1  AA-8  .     AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-7
"""

# Tables 9-6 to 9-9, last column: where an action leads. None leaves the state as it is.
_NEXT: Final[dict[str, int | None]] = {
    "AE-1": 4, "AE-2": 5, "AE-3": 6, "AE-4": 1, "AE-5": 2, "AE-6": 3, "AE-7": 6, "AE-8": 13,
    "DT-1": None, "DT-2": None,
    "AR-1": 7, "AR-2": 8, "AR-3": 1, "AR-4": 13, "AR-5": 1, "AR-6": None, "AR-7": None,
    "AR-8": 9, "AR-9": 11, "AR-10": 12,
    "AA-1": 13, "AA-2": 1, "AA-3": 1, "AA-4": 1, "AA-5": 1, "AA-6": 13, "AA-7": 13, "AA-8": 13,
}  # fmt: skip


def _read_table(text: str) -> dict[tuple[int, int], tuple[str, int]]:
    """(event, state) -> (action, next state)."""
    table = {}
    for line in text.strip().splitlines()[1:]:
        event, *cells = line.split()
        for state, action in enumerate(cells, start=1):
            if action != ".":
                table[int(event), state] = (action, _NEXT[action] or state)
    return table


TRANSITIONS: Final = _read_table(_TABLE)


class Machine:
    """The state of one association. `is_requestor` picks the branch of a release collision."""

    def __init__(self, *, is_requestor: bool) -> None:
        self.state = State.IDLE
        self.is_requestor = is_requestor

    def step(self, event: Event) -> str:
        """Move, and return the action of tables 9-6 to 9-9. LocalProtocolError where there is no
        cell: something was asked for that cannot be said now."""
        try:
            action, state = TRANSITIONS[event, self.state]
        except KeyError:
            raise LocalProtocolError(f"{event.name} in state {self.state.name}") from None
        if action == "AR-8" and not self.is_requestor:
            state = State.COLLISION_ACCEPTOR_PEER
        self.state = State(state)
        return action
