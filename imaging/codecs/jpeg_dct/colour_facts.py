"""What a stream itself says of its colour: the Adobe segment (T.872 6.5.3), the JFIF segment (T.871
6.1: three components are always YBR), or components named R, G and B. A data set that says
otherwise was mostly written by somebody who did not look."""

from imaging.codecs import Buffer
from imaging.codecs.jpeg import markers
from imaging.errors import FormatError

APP0, APP14 = 0xE0, 0xEE


def coded_colour(data: Buffer) -> str:
    """ "RGB", "YBR", or "" when three components are not there or nothing tells."""
    is_jfif, adobe = False, -1
    try:
        position = markers.find_start(data)
        while True:
            segment = markers.next_segment(data, position)
            position = segment.end
            body = bytes(data[segment.start : segment.end])
            if segment.marker == APP0:
                is_jfif = is_jfif or body.startswith(b"JFIF\0")
            elif segment.marker == APP14 and body.startswith(b"Adobe") and len(body) >= 12:
                adobe = body[11]
            elif segment.marker == markers.SOF3:
                return ""  # lossless streams hold what they were given, whatever their segments
            elif segment.marker in markers.FRAME_MARKERS:
                return _judge(body[6::3], is_jfif=is_jfif, adobe=adobe)
            elif segment.marker in (markers.SOS, markers.EOI):
                return ""
    except FormatError:
        return ""  # whoever decodes it will say so


def _judge(identifiers: bytes, *, is_jfif: bool, adobe: int) -> str:
    if len(identifiers) != 3:
        return ""
    if adobe in (0, 1):
        return "YBR" if adobe else "RGB"
    if is_jfif:
        return "YBR"
    return "RGB" if identifiers == b"RGB" else ""
