"""Protocol data units of PS3.8 section 9.3: bytes become values and back, within limits."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from dicomnet.errors import RemoteProtocolError

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
MAX_CONTROL_PDU = 1 << 20
MAX_CONTEXTS = 128
INVALID_PARAMETER, UNRECOGNIZED_PDU, UNEXPECTED_PARAMETER = 6, 1, 5


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context of an A-ASSOCIATE-RQ."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextResult:
    """Its answer: 0 accepted, 3 abstract syntax, 4 transfer syntaxes not supported."""

    context_id: int
    result: int
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class UserInformation:
    """PS3.8 annex D and PS3.7 annex D.3: what both sides say of themselves."""

    max_length: int = 0
    implementation_class_uid: str = ""
    implementation_version: str = ""
    roles: tuple[tuple[str, bool, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class AssociateRQ:
    called_ae: str
    calling_ae: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation = field(default_factory=UserInformation)
    application_context: str = APPLICATION_CONTEXT
    version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateAC:
    called_ae: str
    calling_ae: str
    results: tuple[ContextResult, ...]
    user: UserInformation = field(default_factory=UserInformation)


@dataclass(frozen=True, slots=True)
class AssociateRJ:
    """`result` 1 permanent, 2 transient; `source` and `reason` of table 9-21."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class PDV:
    """One presentation data value; `data` is a view into the PDU."""

    context_id: int
    is_command: bool
    is_last: bool
    data: memoryview


@dataclass(frozen=True, slots=True)
class PData:
    values: tuple[PDV, ...]


@dataclass(frozen=True, slots=True)
class ReleaseRQ:
    pass


@dataclass(frozen=True, slots=True)
class ReleaseRP:
    pass


@dataclass(frozen=True, slots=True)
class Abort:
    """`source` 0 service user, 2 service provider."""

    source: int = 0
    reason: int = 0


PDU = AssociateRQ | AssociateAC | AssociateRJ | PData | ReleaseRQ | ReleaseRP | Abort


class PDUParser:
    """Bytes in any pieces become PDUs. `max_length` bounds a P-DATA-TF PDU."""

    def __init__(self, max_length: int) -> None:
        self._buffer = bytearray()
        self._max_length = max_length

    def feed(self, data: bytes) -> Iterator[PDU]:
        """Yield each PDU that is complete now; raises RemoteProtocolError where one is wrong."""
        self._buffer += data
        while len(self._buffer) >= 6:
            kind, length = struct.unpack_from(">BxI", self._buffer)
            self._check_length(kind, length)
            if len(self._buffer) < 6 + length:
                return
            body = bytes(memoryview(self._buffer)[6 : 6 + length])
            del self._buffer[: 6 + length]
            yield decode(kind, body)

    def _check_length(self, kind: int, length: int) -> None:
        if not 1 <= kind <= 7:
            raise RemoteProtocolError(f"unknown PDU type {kind}", reason=UNRECOGNIZED_PDU)
        limit = self._max_length if kind == 4 else MAX_CONTROL_PDU
        if length > limit:
            raise RemoteProtocolError(
                f"PDU type {kind} of {length} bytes, {limit} allowed", reason=INVALID_PARAMETER
            )


def decode(kind: int, body: bytes) -> PDU:
    """One PDU's value from its type and body."""
    try:
        match kind:
            case 1:
                return _decode_associate_rq(body)
            case 2:
                return _decode_associate_ac(body)
            case 3:
                return AssociateRJ(*struct.unpack(">xBBB", body))
            case 4:
                return PData(tuple(_decode_values(body)))
            case 5:
                return ReleaseRQ()
            case 6:
                return ReleaseRP()
            case _:
                return Abort(*struct.unpack(">xxBB", body))
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise RemoteProtocolError(
            f"PDU type {kind} is malformed", reason=INVALID_PARAMETER
        ) from error


def _decode_values(body: bytes) -> Iterator[PDV]:
    view, position = memoryview(body), 0
    while position < len(body):
        length, context_id, control = struct.unpack_from(">IBB", body, position)
        end = position + 4 + length
        if length < 2 or end > len(body):
            raise RemoteProtocolError("PDV longer than its PDU", reason=INVALID_PARAMETER)
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
    version, called, calling = struct.unpack_from(">Hxx16s16s", body)
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
    called, calling = struct.unpack_from(">xxxx16s16s", body)
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
    roles: list[tuple[str, bool, bool]] = []
    for kind, a, b in _items(body, start, end):
        if kind == 0x51:
            (length,) = struct.unpack(">I", body[a:b])
        elif kind == 0x52:
            class_uid = _uid(body[a:b])
        elif kind == 0x55:
            version = _title(body[a:b])
        elif kind == 0x54:
            (size,) = struct.unpack_from(">H", body, a)
            uid = _uid(body[a + 2 : a + 2 + size])
            roles.append((uid, bool(body[a + 2 + size]), bool(body[a + 3 + size])))
    return UserInformation(length, class_uid, version, tuple(roles))


def encode(pdu: PDU) -> bytes:
    """The bytes of a PDU."""
    match pdu:
        case AssociateRQ():
            contexts = b"".join(_encode_proposed(context) for context in pdu.contexts)
            return _pdu(1, _associate(pdu.called_ae, pdu.calling_ae) + contexts + _user(pdu.user))
        case AssociateAC():
            results = b"".join(
                _item(
                    0x21,
                    bytes([r.context_id, 0, r.result, 0]) + _item(0x40, r.transfer_syntax.encode()),
                )
                for r in pdu.results
            )
            return _pdu(2, _associate(pdu.called_ae, pdu.calling_ae) + results + _user(pdu.user))
        case AssociateRJ():
            return _pdu(3, bytes([0, pdu.result, pdu.source, pdu.reason]))
        case PData():
            return _pdu(4, b"".join(_encode_value(value) for value in pdu.values))
        case ReleaseRQ():
            return _pdu(5, bytes(4))
        case ReleaseRP():
            return _pdu(6, bytes(4))
        case Abort():
            return _pdu(7, bytes([0, 0, pdu.source, pdu.reason]))


def _pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _associate(called: str, calling: str) -> bytes:
    head = struct.pack(
        ">Hxx16s16s32x", 1, called.encode("ascii").ljust(16), calling.encode("ascii").ljust(16)
    )
    return head + _item(0x10, APPLICATION_CONTEXT.encode())


def _encode_proposed(context: ProposedContext) -> bytes:
    body = bytes([context.context_id, 0, 0, 0]) + _item(0x30, context.abstract_syntax.encode())
    return _item(0x20, body + b"".join(_item(0x40, t.encode()) for t in context.transfer_syntaxes))


def _user(user: UserInformation) -> bytes:
    body = _item(0x51, struct.pack(">I", user.max_length))
    body += _item(0x52, user.implementation_class_uid.encode())
    for uid, is_scu, is_scp in user.roles:
        raw = uid.encode()
        body += _item(0x54, struct.pack(">H", len(raw)) + raw + bytes([is_scu, is_scp]))
    if user.implementation_version:
        body += _item(0x55, user.implementation_version.encode())
    return _item(0x50, body)


def _encode_value(value: PDV) -> bytes:
    control = value.is_command | value.is_last << 1
    return struct.pack(">IBB", len(value.data) + 2, value.context_id, control) + value.data
