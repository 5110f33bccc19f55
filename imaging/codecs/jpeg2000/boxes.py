"""Where the codestream is: alone, as DICOM wants it (PS3.5 A.4.4), or inside a JP2 file, which some
writers put there all the same (T.800 annex I)."""

import struct

from imaging.codecs import Buffer
from imaging.errors import FormatError

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_START = b"\xff\x4f\xff\x51"  # SOC, SIZ


def find_codestream(data: Buffer) -> memoryview:
    """The bytes from SOC on; of a JP2 file the contents of its first codestream box."""
    view = memoryview(data)
    if bytes(view[:4]) == _START:
        return view
    if bytes(view[:12]) != _SIGNATURE:
        raise FormatError("jpeg2000_no_start", "the stream does not begin with SOC", offset=0)
    position = 12
    while position + 8 <= len(view):
        length, kind = struct.unpack_from(">I4s", view, position)
        start = position + 8
        if length == 1 and position + 16 <= len(view):
            (length,) = struct.unpack_from(">Q", view, start)
            start += 8
        end = len(view) if length == 0 else position + length
        if end < start:
            raise FormatError("jpeg2000_box", f"a box of {length} bytes", offset=position)
        if kind == b"jp2c":
            body = view[start:end]
            if bytes(body[:4]) != _START:
                break
            return body
        position = end
    raise FormatError("jpeg2000_no_start", "no codestream in the JP2 file", offset=position)
