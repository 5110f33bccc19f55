"""The DICOM peers of the hospital: where they are, what they may, and how they are spoken to.
`peer_file.py` reads them from the one TOML file that configures them all."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from integrations.pacs.quirks import STANDARD, Habits

Right = Literal["store", "query", "retrieve", "commit"]
RIGHTS: frozenset[Right] = frozenset(get_args(Right))
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# why an association is not taken: stable words for log and audit
Refusal = Literal["", "unknown_ae", "wrong_address", "tls_required", "too_many_associations"]


@dataclass(frozen=True, slots=True)
class Tls:
    """How we call a peer over TLS: whom we believe, and who we are. `server_name` is the name in
    its certificate where that is not its host."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Pull:
    """A PACS that does not send by itself: it is asked every `every_s` for what came since, with
    `overlap_hours` before, and every `sweep_hours` for all of the last `look_back_days`."""

    by: Literal["get", "move"] = "get"
    every_s: float = 60
    overlap_hours: float = 2
    sweep_hours: float = 1
    look_back_days: float = 2
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Push:
    """A peer to which each study goes on once it has been quiet for `quiet_s`."""

    modalities: tuple[str, ...] = ()
    quiet_s: float = 30
    look_back_days: float = 2


@dataclass(frozen=True, slots=True)
class Peer:
    """`name` is its table in the file. `port` 0: it calls us, we cannot call it."""

    name: str
    ae_title: str
    label: str = ""
    host: str = ""
    port: int = 0
    our_ae_title: str = ""
    addresses: tuple[Network, ...] = ()
    may: frozenset[str] = RIGHTS
    charset: str = ""
    assumed_charset: str = ""
    syntaxes: tuple[str, ...] = ()
    max_associations: int = 0
    timeout_s: float = 60
    tls: Tls | None = None
    tls_only: bool = False
    quirks: tuple[str, ...] = ()
    habits: Habits = STANDARD
    pull: Pull | None = None
    push: Push | None = None

    @property
    def mode(self) -> str:
        """`push`: it sends to us by itself; `pull`: we fetch."""
        return "pull" if self.pull is not None else "push"

    def is_at(self, address: str) -> bool:
        """Whether it may call from here."""
        caller = _address(address)
        if not self.addresses:
            return caller is not None
        return caller is not None and any(caller in network for network in self.addresses)


@dataclass(frozen=True, slots=True)
class Peers:
    """Who may do what. A caller that is not listed may store (a scanner that nobody has listed
    must not lose images) unless `known_only`; it has no other right, except from this machine
    itself."""

    by_name: dict[str, Peer] = field(default_factory=dict)
    known_only: bool = False

    def of(self, ae_title: str, address: str = "") -> Peer | None:
        """The peer of this title; where several share it, the one that may call from here."""
        found = [peer for peer in self.by_name.values() if peer.ae_title == ae_title]
        here = [peer for peer in found if address and peer.addresses and peer.is_at(address)]
        return next(iter(here or found), None)

    def why_not_admitted(
        self, ae_title: str, address: str, *, is_tls: bool, associations: int
    ) -> Refusal:
        """ "" when this caller may open one association more than it has."""
        peer = self.of(ae_title, address)
        if peer is None:
            return "unknown_ae" if self.known_only else ""
        if not peer.is_at(address):
            return "wrong_address"
        if peer.tls_only and not is_tls:
            return "tls_required"
        if peer.max_associations and associations >= peer.max_associations:
            return "too_many_associations"
        return ""

    def allows(self, ae_title: str, address: str, right: Right) -> bool:
        caller = _address(address)
        if caller is None:
            return False
        peer = self.of(ae_title, address)
        if peer is None:
            if right == "store":
                return not self.known_only
            return caller.is_loopback
        return peer.is_at(address) and right in peer.may


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
