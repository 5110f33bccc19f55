"""A PDU's value becomes its bytes (PS3.8 section 9.3)."""

import struct

from dicomnet.ul.pdu import (
    APPLICATION_CONTEXT,
    PDU,
    PDV,
    Abort,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    PData,
    ProposedContext,
    ReleaseRP,
    ReleaseRQ,
    UserInformation,
)


def encode(pdu: PDU) -> bytes:  # noqa: PLR0911 - one line a PDU type
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
    if user.async_window is not None:
        body += _item(0x53, struct.pack(">HH", *user.async_window))
    for uid, is_scu, is_scp in user.roles:
        raw = uid.encode()
        body += _item(0x54, struct.pack(">H", len(raw)) + raw + bytes([is_scu, is_scp]))
    for uid, information in user.extended:
        raw = uid.encode()
        body += _item(0x56, struct.pack(">H", len(raw)) + raw + information)
    if user.implementation_version:
        body += _item(0x55, user.implementation_version.encode())
    return _item(0x50, body)


def _encode_value(value: PDV) -> bytes:
    control = value.is_command | value.is_last << 1
    return struct.pack(">IBB", len(value.data) + 2, value.context_id, control) + value.data
