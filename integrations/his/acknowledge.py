"""ACK messages (HL7 v2.4 section 2.13): AA taken, AE cannot, AR will not."""

from datetime import datetime

from integrations.his.hl7_text import Header


def acknowledgement(
    header: Header, code: str, now: datetime, *, problem: str = "", where: str = ""
) -> bytes:
    """The answer in the sender's separators and character set. Says nothing of a person."""
    bar, marks = header.separator, header.encoding_characters
    event = header.message_type.split(marks[:1] or "^")
    kind = (marks[:1] or "^").join(["ACK", *event[1:2]])
    fields = [
        "MSH", marks, header.receiving_application or "CLOUDFILM", header.receiving_facility,
        header.sending_application, header.sending_facility, now.strftime("%Y%m%d%H%M%S%z"), "",
        kind, f"A{now.strftime('%Y%m%d%H%M%S%f')}", header.processing_id, header.version,
        "", "", "", "", "", header.charset_label,
    ]  # fmt: skip
    segments = [bar.join(fields).rstrip(bar)]
    segments.append(bar.join(["MSA", code, header.control_id, problem]).rstrip(bar))
    if problem:
        segments.append(bar.join(["ERR", "", where, "207", "E", "", "", "", problem]))
    return ("\r".join(segments) + "\r").encode(header.codec, "replace")
