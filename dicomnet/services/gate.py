"""Who may open an association: what the acceptor asks the product, and what it tells it of those
that were turned away (PS3.8 table 9-21)."""

from dataclasses import dataclass
from typing import Protocol

from dicomnet.ul.pdu import AssociateRJ


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `associations`: how many of this title and address are open now. The titles are
    empty when it was turned away before it could say them."""

    calling_ae: str
    called_ae: str
    address: str
    is_tls: bool = False
    associations: int = 0


class Gatekeeper(Protocol):
    """The product's side. Both answer at once; what they keep they keep later."""

    def admit(self, caller: Caller) -> AssociateRJ | None:
        """The rejection, or None to let it in."""

    def preferred_syntaxes(self, caller: Caller) -> tuple[str, ...]:
        """Transfer syntaxes that we would rather have from it than its own first choice."""

    def refused(self, caller: Caller, why: str) -> None:
        """It was turned away, by us or by the protocol; `why` is a short stable word."""


class OpenGate:
    """Lets everybody in."""

    def admit(self, caller: Caller) -> AssociateRJ | None:
        return None

    def preferred_syntaxes(self, caller: Caller) -> tuple[str, ...]:
        return ()

    def refused(self, caller: Caller, why: str) -> None:
        return None
