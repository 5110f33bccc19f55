"""The HL7 v2.4 messages a RIS would send for an example: ORM^O01 and ORU^R01."""

from datetime import datetime

from demo.examples import Example

MSH18 = {"GB18030": "GB 18030-2000", "UTF-8": "UNICODE UTF-8"}
FACILITY = {"东院区": "EAST", "西院区": "WEST"}


def _escape(text: str) -> str:
    return (
        text.replace("\\", "\\E\\")
        .replace("|", "\\F\\")
        .replace("^", "\\S\\")
        .replace("&", "\\T\\")
    )


def _head(example: Example, kind: str, control_id: str, sent_at: datetime) -> list[str]:
    who = example.person
    facility = FACILITY.get(example.campus, example.campus)
    return [
        f"MSH|^~\\&|RIS|{facility}|CLOUDFILM|HOSPITAL|{sent_at:%Y%m%d%H%M%S%z}||{kind}|{control_id}"
        f"|P|2.4||||||{MSH18[example.charset]}",
        f"PID|1||{who.patient_number}^^^HIS^PI~{who.id_card}^^^^NI||{_escape(who.name)}^^^^^^L"
        f"||{who.birth_date:%Y%m%d}|{who.sex}|||||{who.phone}||||||{who.id_card}",
        f"PV1|1|{example.patient_class}",
    ]


def _encode(segments: list[str], example: Example) -> bytes:
    return ("\r".join(segments) + "\r").encode(example.charset)


def order_message(
    example: Example, *, control_id: str, sent_at: datetime, scheduled_at: datetime
) -> bytes:
    """ORM^O01, order control NW."""
    number = example.accession_number
    return _encode(
        [
            *_head(example, "ORM^O01", control_id, sent_at),
            f"ORC|NW|{number}|{number}||SC",
            f"OBR|1|{number}|{number}|{example.body_part}^{_escape(example.procedure)}^LOCAL|||"
            f"{scheduled_at:%Y%m%d%H%M%S%z}|||||||||||{number}||||||{example.modality}",
        ],
        example,
    )


def report_message(
    example: Example, *, control_id: str, sent_at: datetime, reported_at: datetime
) -> bytes:
    """ORU^R01 with findings and impression under the codes of WS/T 500."""
    number = example.accession_number
    return _encode(
        [
            *_head(example, "ORU^R01", control_id, sent_at),
            f"OBR|1|{number}|{number}|{example.body_part}^{_escape(example.procedure)}^LOCAL||||||||||||"
            f"|||{number}||||{reported_at:%Y%m%d%H%M%S%z}||{example.modality}|F|||||||周明",
            f"OBX|1|TX|DE04.50.131.00^检查所见||{_escape(example.findings)}||||||F",
            f"OBX|2|TX|DE04.50.132.00^诊断意见||{_escape(example.impression)}||||||F",
        ],
        example,
    )
