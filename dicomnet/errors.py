"""Protocol errors: whose fault it was decides what is answered.

ProtocolError
├── LocalProtocolError    we were asked to say something the protocol forbids here
│   └── Unfinished            a data set under way could not be read to its end
└── RemoteProtocolError   the peer broke the protocol; `reason` goes into the A-ABORT (PS3.8 9.3.8)
    └── AssociationRejected   they did not want to talk to us
"""


class ProtocolError(Exception):
    """Base; never raised itself."""

    def __init__(self, message: str) -> None:
        if type(self) is ProtocolError:
            raise TypeError("raise LocalProtocolError or RemoteProtocolError")
        super().__init__(message)


class LocalProtocolError(ProtocolError):
    """We broke it."""


class Unfinished(LocalProtocolError):
    """A message of ours cannot be ended, so the association must be."""


class RemoteProtocolError(ProtocolError):
    """They broke it."""

    def __init__(self, message: str, *, reason: int = 0) -> None:
        super().__init__(message)
        self.reason = reason


class AssociationRejected(RemoteProtocolError):
    """A-ASSOCIATE-RJ: result 1 permanent, 2 transient; source and reason of PS3.8 table 9-21."""

    def __init__(self, result: int, source: int, reason: int) -> None:
        super().__init__(f"rejected: result {result}, source {source}, reason {reason}")
        self.result, self.source, self.reject_reason = result, source, reason
