"""`CLOUDFILM_PEERS_FILE`: a TOML table a peer, named by its AE title (or by any name, with the
title in `ae_title`). docs/deployment.md lists the keys; one that is not known is an error, not a
typo that nobody sees.

    [PACS1]
    host = "10.1.2.3"
    port = 104
    addresses = ["10.1.2.0/24"]    # where it may call from; left out: anywhere
    may = ["store", "query"]       # left out: everything
    pull = { by = "get", every_s = 60 }
"""

import ipaddress
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from integrations.pacs.peers import RIGHTS, Peer, Peers, Pull, Push, Tls
from integrations.pacs.quirks import QUIRKS, habits_of

CHARSETS = ("ISO_IR 192", "GB18030", "GBK", "ISO_IR 100")
Check = Callable[[Any], Any]


def load_peers(path: Path | None, *, known_only: bool = False) -> Peers:
    """Read the TOML file; ValueError says which peer and which key is wrong."""
    if path is None:
        return Peers(known_only=known_only)
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"peers: {error}") from error
    return Peers({name: _peer(name, table) for name, table in tables.items()}, known_only)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    return check


def _title(value: Any) -> str:
    if not 0 < len(_text(value)) <= 16 or not value.isascii() or "\\" in value:
        raise ValueError("must be an AE title (16 characters of ASCII at most)")
    return str(value)


def _one_of(words: tuple[str, ...]) -> Check:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {sorted(words)}")
        return str(value)

    return check


def _list_of(check_one: Check) -> Check:
    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError("must be a list")
        return tuple(check_one(one) for one in value)

    return check


def _port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ValueError("must be a number up to 65535")
    return value


def _network(value: Any) -> Any:
    return ipaddress.ip_network(_text(value), strict=False)


def _path(value: Any) -> Path:
    path = Path(_text(value))
    if not path.is_file():
        raise ValueError(f"there is no file {value}")
    return path


_HOURS = _number(0.01, 24 * 365)
_PULL: dict[str, Check] = {
    "by": _one_of(("get", "move")), "every_s": _number(1, 86400), "overlap_hours": _HOURS,
    "sweep_hours": _HOURS, "look_back_days": _number(0.01, 3650), "modalities": _list_of(_text),
}  # fmt: skip
_PUSH: dict[str, Check] = {
    "modalities": _list_of(_text), "quiet_s": _number(0, 86400),
    "look_back_days": _number(0.01, 3650),
}  # fmt: skip
_TLS: dict[str, Check] = {"ca": _path, "certificate": _path, "key": _path, "server_name": _text}


def _table(checks: dict[str, Check]) -> Check:
    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise TypeError("must be a table")
        return {key: _checked(checks, key, one) for key, one in value.items()}

    return check


def _checked(checks: dict[str, Check], key: str, value: Any) -> Any:
    if key not in checks:
        raise ValueError(f"has an unknown key {key!r}")
    try:
        return checks[key](value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{key} {error}") from error


KEYS: dict[str, Check] = {
    "ae_title": _title, "label": _text, "host": _text, "port": _port, "our_ae_title": _title,
    "addresses": _list_of(_network), "may": _list_of(_one_of(tuple(RIGHTS))),
    "charset": _one_of(CHARSETS), "assumed_charset": _one_of(CHARSETS),
    "syntaxes": _list_of(_text), "max_associations": _number(0, 10_000),
    "timeout_s": _number(1, 86400), "tls": _flag, "tls_only": _flag,
    "quirks": _list_of(_one_of(tuple(QUIRKS))), "pull": _table(_PULL), "push": _table(_PUSH),
    **_TLS,
}  # fmt: skip


def _peer(name: str, table: Any) -> Peer:
    if not isinstance(table, dict):
        raise ValueError(f"peers: {name} must be an AE title with a table")
    try:
        values = {key: _checked(KEYS, key, value) for key, value in table.items()}
        values.setdefault("ae_title", _title(name) if "ae_title" not in values else "")
        return _made(name, values)
    except ValueError as error:
        raise ValueError(f"peers: [{name}] {error}") from error


def _made(name: str, values: dict[str, Any]) -> Peer:
    tls = {key: values.pop(key) for key in _TLS if key in values}
    is_tls = values.pop("tls", False)
    if tls and not is_tls:
        raise ValueError(f"{min(tls)} needs tls = true")
    if is_tls and "ca" not in tls:
        raise ValueError("ca is missing: over TLS a certificate must be checked against something")
    if bool(tls.get("certificate")) != bool(tls.get("key")):
        raise ValueError("certificate and key go together")
    pull, push = values.pop("pull", None), values.pop("push", None)
    if (pull is not None or push is not None) and not (values.get("host") and values.get("port")):
        raise ValueError("pull and push need a host and a port")
    if "may" in values:
        values["may"] = frozenset(values["may"])
    peer = Peer(name, habits=habits_of(values.get("quirks", ())), **values)
    return replace(
        peer,
        tls=Tls(**tls) if is_tls else None,
        pull=Pull(**pull) if pull is not None else None,
        push=Push(**push) if push is not None else None,
    )
