"""Protocol errors: whose fault it was decides what is answered.

ProtocolError
├── LocalProtocolError    we were asked to say something the protocol forbids here
└── RemoteProtocolError   the peer broke the protocol; `reason` goes into the A-ABORT (PS3.8 9.3.8)
"""


class ProtocolError(Exception):
    """Base; never raised itself."""

    def __init__(self, message: str) -> None:
        if type(self) is ProtocolError:
            raise TypeError("raise LocalProtocolError or RemoteProtocolError")
        super().__init__(message)


class LocalProtocolError(ProtocolError):
    """We broke it."""


class RemoteProtocolError(ProtocolError):
    """They broke it."""

    def __init__(self, message: str, *, reason: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
