"""The DICOM peers of the hospital by AE title: where they are and what they may. A TOML table a
peer (`CLOUDFILM_PEERS_FILE`):

    [PACS1]
    host = "10.1.2.3"
    port = 104
    addresses = ["10.1.2.0/24"]            # where it may call from; left out: anywhere
    may = ["query", "retrieve", "commit"]  # left out: all of these
    charset = "GB18030"                    # of our answers; left out: the question's
"""

import ipaddress
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

Right = Literal["query", "retrieve", "commit"]
RIGHTS: frozenset[Right] = frozenset(get_args(Right))
_KEYS = {"host", "port", "addresses", "may", "charset"}
_CHARSETS = {"", "ISO_IR 192", "GB18030", "GBK", "ISO_IR 100"}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Peer:
    """`port` 0: it calls us, we cannot call it."""

    ae_title: str
    host: str = ""
    port: int = 0
    addresses: tuple[Network, ...] = ()
    may: frozenset[str] = RIGHTS
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Peers:
    """Who may ask for what. A caller that is not listed has no rights, except from this machine
    itself."""

    by_title: dict[str, Peer] = field(default_factory=dict)

    def of(self, ae_title: str) -> Peer | None:
        return self.by_title.get(ae_title)

    def allows(self, ae_title: str, address: str, right: Right) -> bool:
        try:
            caller = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        peer = self.by_title.get(ae_title)
        if peer is None:
            return caller.is_loopback
        is_here = not peer.addresses or any(caller in network for network in peer.addresses)
        return is_here and right in peer.may


def load_peers(path: Path | None) -> Peers:
    """Read the TOML file; ValueError says which peer and which key is wrong."""
    if path is None:
        return Peers()
    tables = tomllib.loads(path.read_text("utf-8"))
    return Peers({title: _peer(title, table) for title, table in tables.items()})


def _peer(title: str, table: Any) -> Peer:
    if not isinstance(table, dict) or not 0 < len(title) <= 16 or not title.isascii():
        raise ValueError(f"peers: {title} must be an AE title with a table")
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"peers: [{title}] has an unknown key {key!r}")
    port, may = table.get("port", 0), table.get("may", sorted(RIGHTS))
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"peers: [{title}] port must be a number up to 65535")
    if not isinstance(may, list) or not set(may) <= RIGHTS:
        raise ValueError(f"peers: [{title}] may holds {sorted(RIGHTS)}")
    charset = str(table.get("charset", ""))
    if charset not in _CHARSETS:
        raise ValueError(f"peers: [{title}] charset must be one of {sorted(_CHARSETS - {''})}")
    try:
        addresses = tuple(
            ipaddress.ip_network(str(one), strict=False) for one in table.get("addresses", [])
        )
    except ValueError as error:
        raise ValueError(f"peers: [{title}] addresses: {error}") from error
    return Peer(title, str(table.get("host", "")), port, addresses, frozenset(may), charset)
