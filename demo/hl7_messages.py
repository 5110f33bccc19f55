"""The HL7 v2.4 messages a RIS would send for an example: ORM^O01 and ORU^R01."""

from datetime import datetime

from demo.examples import Example

MSH18 = {"GB18030": "GB 18030-2000", "UTF-8": "UNICODE UTF-8"}


def _escape(text: str) -> str:
    return (
        text.replace("\\", "\\E\\")
        .replace("|", "\\F\\")
        .replace("^", "\\S\\")
        .replace("&", "\\T\\")
    )


def _segment(name: str, fields: dict[int, str]) -> str:
    """A segment from its field numbers; the gaps stay empty."""
    return "|".join([name, *(fields.get(i, "") for i in range(1, max(fields) + 1))])


def _head(example: Example, kind: str, control_id: str, sent_at: datetime) -> list[str]:
    who = example.person
    header = {  # MSH-1 is the separator itself, so MSH-n stands at n - 1
        1: "^~\\&",
        2: "RIS",
        3: example.campus,
        4: "CLOUDFILM",
        5: "HOSPITAL",
        6: f"{sent_at:%Y%m%d%H%M%S%z}",
        8: kind,
        9: control_id,
        10: "P",
        11: "2.4",
        17: MSH18[example.charset],
    }
    patient = {
        1: "1",
        3: f"{who.patient_number}^^^HIS^PI~{who.id_card}^^^^NI",
        5: f"{_escape(who.name)}^^^^^^L",
        7: f"{who.birth_date:%Y%m%d}",
        8: who.sex,
        13: who.phone,
        19: who.id_card,
    }
    return [
        _segment("MSH", header),
        _segment("PID", patient),
        _segment("PV1", {1: "1", 2: example.patient_class}),
    ]


def _request(example: Example) -> dict[int, str]:
    number = example.accession_number
    return {
        1: "1",
        2: number,
        3: number,
        4: f"{example.body_part}^{_escape(example.procedure)}^LOCAL",
        18: number,
        24: example.modality,
    }


def _encode(segments: list[str], example: Example) -> bytes:
    return ("\r".join(segments) + "\r").encode(example.charset)


def order_message(
    example: Example, *, control_id: str, sent_at: datetime, scheduled_at: datetime
) -> bytes:
    """ORM^O01, order control NW."""
    number = example.accession_number
    request = _request(example) | {7: f"{scheduled_at:%Y%m%d%H%M%S%z}"}
    order = {1: "NW", 2: number, 3: number, 5: "SC"}
    segments = [_segment("ORC", order), _segment("OBR", request)]
    if example.study_uid:
        segments.append(_segment("ZDS", {1: f"{example.study_uid}^CLOUDFILM^Application^DICOM"}))
    return _encode([*_head(example, "ORM^O01", control_id, sent_at), *segments], example)


def report_message(
    example: Example, *, control_id: str, sent_at: datetime, reported_at: datetime
) -> bytes:
    """ORU^R01 with findings and impression under the codes of WS/T 500."""
    request = _request(example) | {22: f"{reported_at:%Y%m%d%H%M%S%z}", 25: "F", 32: "周明"}
    texts = (
        ("DE04.50.131.00^检查所见", example.findings),
        ("DE04.50.132.00^诊断意见", example.impression),
    )
    results = [
        _segment("OBX", {1: str(n), 2: "TX", 3: code, 5: _escape(text), 11: "F"})
        for n, (code, text) in enumerate(texts, start=1)
    ]
    head = _head(example, "ORU^R01", control_id, sent_at)
    return _encode([*head, _segment("OBR", request), *results], example)
