"""Acknowledgements in original and enhanced mode (HL7 v2.4 section 2.9)."""

from datetime import UTC, datetime

import pytest

from integrations.his.acknowledge import Verdict, acknowledgements
from integrations.his.hl7_text import Header, Message, read_header

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
GOOD = Verdict("AA")
BAD = Verdict("AE", "accession_number_missing", "OBR-18", is_kept=True)
LOST = Verdict("AE", "internal_error")
WRONG = Verdict("AR", "message_type_unsupported", "MSH-9", is_kept=True)


def header(accept: str = "", application: str = "", version: str = "2.4") -> Header:
    text = f"MSH|^~\\&|RIS|东院|CF|H|20261124||ORM^O01|c1|P|{version}|||{accept}|{application}\r"
    return read_header(text.encode())


def codes(answers: list[bytes]) -> list[str]:
    return [Message(answer).get("MSA", 1) for answer in answers]


@pytest.mark.parametrize(
    ("accept", "application", "verdict", "expected"),
    [
        ("", "", GOOD, ["AA"]),
        ("", "", BAD, ["AE"]),
        ("", "", WRONG, ["AR"]),
        ("AL", "NE", GOOD, ["CA"]),
        ("AL", "NE", BAD, ["CE"]),  # nobody would be told otherwise
        ("AL", "NE", WRONG, ["CR"]),
        ("AL", "AL", GOOD, ["CA", "AA"]),
        ("AL", "AL", BAD, ["CA", "AE"]),
        ("AL", "AL", WRONG, ["CA", "AR"]),
        ("AL", "AL", LOST, ["CE"]),  # not kept: it must come again
        ("NE", "AL", GOOD, ["AA"]),
        ("NE", "AL", LOST, ["AE"]),
        ("NE", "NE", GOOD, []),
        ("NE", "NE", BAD, []),
        ("ER", "NE", GOOD, []),
        ("ER", "NE", BAD, ["CE"]),
        ("SU", "NE", GOOD, ["CA"]),
        ("SU", "NE", BAD, []),
        ("NE", "ER", GOOD, []),
        ("NE", "ER", BAD, ["AE"]),
        ("AL", "SU", GOOD, ["CA", "AA"]),
        ("AL", "SU", BAD, ["CE"]),
        ("AL", "", GOOD, ["CA"]),
        ("", "AL", GOOD, ["AA"]),
    ],
)
def test_conditions(accept: str, application: str, verdict: Verdict, expected: list[str]) -> None:
    answers = acknowledgements(header(accept, application), verdict, NOW, way="as_asked")
    assert codes(answers) == expected
    if (accept, application) != ("AL", "NE"):
        assert codes(acknowledgements(header(accept, application), verdict, NOW)) == expected


def test_a_sender_that_expects_aa_always_gets_it() -> None:
    assert codes(acknowledgements(header("AL", "AL"), GOOD, NOW, way="original")) == ["AA"]
    for verdict in (GOOD, BAD, WRONG):  # the habit of senders: decision in docs/hl7.md
        assert codes(acknowledgements(header("AL", "NE"), verdict, NOW)) == [verdict.code]


def test_both_answers_have_control_ids_of_their_own_and_ask_for_none() -> None:
    first, second = (Message(a) for a in acknowledgements(header("AL", "AL"), BAD, NOW))
    assert first.get("MSH", 10) != second.get("MSH", 10)
    assert first.get("MSA", 2) == second.get("MSA", 2) == "c1"
    assert (second.get("MSH", 15), second.get("MSH", 16)) == ("NE", "NE")
    assert (first.get("MSA", 3), second.get("MSA", 3)) == ("", "accession_number_missing")
    assert all(len(one.get("MSH", 10)) <= 20 for one in (first, second))


@pytest.mark.parametrize(
    ("version", "segment"),
    [
        ("2.4", "ERR|OBR^1^18^207&accession_number_missing&HL70357"),
        ("2.3.1", "ERR|OBR^1^18^207&accession_number_missing&HL70357"),
        ("2.5.1", "ERR||OBR^1^18|207|E||||accession_number_missing"),
    ],
)
def test_the_error_segment_follows_the_version(version: str, segment: str) -> None:
    (answer,) = acknowledgements(header(version=version), BAD, NOW)
    assert segment in answer.decode().split("\r")


def test_an_answer_has_no_answer() -> None:
    ack = read_header(b"MSH|^~\\&|RIS|H|CF|H|2026||ACK^O01|x|P|2.4\rMSA|AA|1\r")
    assert acknowledgements(ack, GOOD, NOW) == []
