"""The bytes of one PDU become its value (PS3.8 section 9.3); a length never reaches past its
parent, and whatever is wrong is the peer's fault."""

import struct
from collections.abc import Callable, Iterator

from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.pdu import (
    INVALID_PARAMETER,
    MAX_CONTEXTS,
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
    UserInformation,
)

MAX_VALUES = 4096


def decode(kind: int, body: bytes) -> PDU:
    """One PDU's value from its type (1 to 7, checked by the parser) and body."""
    try:
        return _DECODERS[kind](body)
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise RemoteProtocolError(
            f"PDU type {kind} is malformed", reason=INVALID_PARAMETER
        ) from error


def _decode_values(body: bytes) -> Iterator[PDV]:
    view, position, count = memoryview(body), 0, 0
    while position < len(body):
        length, context_id, control = struct.unpack_from(">IBB", body, position)
        end = position + 4 + length
        if length < 2 or end > len(body):
            raise RemoteProtocolError("PDV longer than its PDU", reason=INVALID_PARAMETER)
        count += 1
        if count > MAX_VALUES:
            raise RemoteProtocolError("too many PDVs in a PDU", reason=INVALID_PARAMETER)
        yield PDV(context_id, bool(control & 1), bool(control & 2), view[position + 6 : end])
        position = end


def _items(body: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(type, start, end) of each item; an item never reaches past its parent."""
    while position < end:
        kind, length = struct.unpack_from(">BxH", body, position)
        position += 4
        if position + length > end:
            raise RemoteProtocolError("item longer than its parent", reason=INVALID_PARAMETER)
        yield kind, position, position + length
        position += length


def _uid(raw: bytes) -> str:
    return raw.decode("ascii").rstrip("\0 ")


def _title(raw: bytes) -> str:
    return raw.decode("ascii", "replace").strip("\0 ")


def _decode_associate_rq(body: bytes) -> AssociateRQ:
    version, called, calling = struct.unpack_from(">Hxx16s16s32x", body)
    contexts: list[ProposedContext] = []
    user, application = UserInformation(), ""
    for kind, start, end in _items(body, 68, len(body)):
        if kind == 0x10:
            application = _uid(body[start:end])
        elif kind == 0x20:
            contexts.append(_decode_proposed(body, start, end))
            if len(contexts) > MAX_CONTEXTS:
                raise RemoteProtocolError("too many contexts", reason=INVALID_PARAMETER)
        elif kind == 0x50:
            user = _decode_user(body, start, end)
    return AssociateRQ(_title(called), _title(calling), tuple(contexts), user, application, version)


def _decode_proposed(body: bytes, start: int, end: int) -> ProposedContext:
    abstract, transfer = "", []
    for kind, a, b in _items(body, start + 4, end):
        if kind == 0x30:
            abstract = _uid(body[a:b])
        elif kind == 0x40:
            transfer.append(_uid(body[a:b]))
    return ProposedContext(body[start], abstract, tuple(transfer))


def _decode_associate_ac(body: bytes) -> AssociateAC:
    called, calling = struct.unpack_from(">xxxx16s16s32x", body)
    results: list[ContextResult] = []
    user = UserInformation()
    for kind, start, end in _items(body, 68, len(body)):
        if kind == 0x21:
            syntax = ""
            for inner, a, b in _items(body, start + 4, end):
                if inner == 0x40:
                    syntax = _uid(body[a:b])
            results.append(ContextResult(body[start], body[start + 2], syntax))
        elif kind == 0x50:
            user = _decode_user(body, start, end)
    return AssociateAC(_title(called), _title(calling), tuple(results), user)


def _decode_user(body: bytes, start: int, end: int) -> UserInformation:
    length, class_uid, version = 0, "", ""
    window: tuple[int, int] | None = None
    roles: list[tuple[str, bool, bool]] = []
    extended: list[tuple[str, bytes]] = []
    for kind, a, b in _items(body, start, end):
        if kind == 0x51:
            (length,) = struct.unpack(">I", body[a:b])
        elif kind == 0x52:
            class_uid = _uid(body[a:b])
        elif kind == 0x53:
            window = struct.unpack(">HH", body[a:b])
        elif kind == 0x55:
            version = _title(body[a:b])
        elif kind == 0x54:
            uid, rest = _sized_uid(body[a:b])
            roles.append((uid, bool(rest[0]), bool(rest[1])))
        elif kind == 0x56:
            extended.append(_sized_uid(body[a:b]))
    return UserInformation(length, class_uid, version, tuple(roles), tuple(extended), window)


def _sized_uid(item: bytes) -> tuple[str, bytes]:
    """A UID with its length before it, and what follows (PS3.7 D.3.3.4, D.3.3.5)."""
    (size,) = struct.unpack_from(">H", item)
    return _uid(item[2 : 2 + size]), item[2 + size :]


_DECODERS: dict[int, Callable[[bytes], PDU]] = {
    1: _decode_associate_rq,
    2: _decode_associate_ac,
    3: lambda body: AssociateRJ(*struct.unpack(">xBBB", body)),
    4: lambda body: PData(tuple(_decode_values(body))),
    5: lambda _: ReleaseRQ(),
    6: lambda _: ReleaseRP(),
    7: lambda body: Abort(*struct.unpack(">xxBB", body)),
}
