"""Who is let in, and which contexts are taken."""

import pytest

from dicomnet.services.negotiation import Acceptance
from dicomnet.ul.pdu import AssociateAC, AssociateRJ, AssociateRQ, ProposedContext
from imaging.dicom.uid import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    JPEG_LOSSLESS_SV1,
    STORAGE_ROOT,
    STORAGE_SOP_CLASSES,
    TRANSFER_SYNTAXES,
    VERIFICATION,
)

CT = STORAGE_ROOT + "2"
WORKLIST = "1.2.840.10008.5.1.4.31"
JPIP = "1.2.840.10008.1.2.4.94"
PRIVATE = "1.2.840.113619.5.2"


def request(
    *contexts: ProposedContext, called: str = "FILM", calling: str = "CT1", **other: object
) -> AssociateRQ:
    return AssociateRQ(called, calling, contexts, **other)  # type: ignore[arg-type]


def result_of(
    abstract: str, *syntaxes: str, acceptance: Acceptance | None = None
) -> tuple[int, str]:
    answer = (acceptance or Acceptance()).answer(request(ProposedContext(1, abstract, syntaxes)))
    assert isinstance(answer, AssociateAC)
    return answer.results[0].result, answer.results[0].transfer_syntax


def test_every_storage_class_and_every_syntax_is_taken() -> None:
    for sop_class in STORAGE_SOP_CLASSES:
        assert result_of(sop_class, IMPLICIT_LITTLE) == (0, IMPLICIT_LITTLE)
    for syntax in TRANSFER_SYNTAXES:
        assert result_of(CT, syntax) == (0, syntax)


def test_the_senders_first_syntax_wins() -> None:
    assert result_of(CT, JPEG_LOSSLESS_SV1, IMPLICIT_LITTLE) == (0, JPEG_LOSSLESS_SV1)
    assert result_of(CT, IMPLICIT_LITTLE, JPEG_LOSSLESS_SV1) == (0, IMPLICIT_LITTLE)


def test_a_private_syntax_is_taken_only_without_another() -> None:
    assert result_of(CT, PRIVATE, EXPLICIT_LITTLE) == (0, EXPLICIT_LITTLE)
    assert result_of(CT, PRIVATE) == (0, PRIVATE)


def test_a_syntax_without_pixels_is_not_taken() -> None:
    assert result_of(CT, JPIP)[0] == 4
    assert result_of(CT)[0] == 4


def test_classes_below_the_storage_root_are_taken_unknown_or_not() -> None:
    assert result_of(STORAGE_ROOT + "999.7", EXPLICIT_LITTLE)[0] == 0
    assert result_of(STORAGE_ROOT + "../etc", EXPLICIT_LITTLE)[0] == 3
    assert result_of(WORKLIST, EXPLICIT_LITTLE)[0] == 3
    private = Acceptance(extra_sop_classes=frozenset(("1.3.12.2.1107.5.9.1",)))
    assert result_of("1.3.12.2.1107.5.9.1", EXPLICIT_LITTLE, acceptance=private)[0] == 0


def test_verification_takes_no_compression() -> None:
    assert result_of(VERIFICATION, JPEG_LOSSLESS_SV1, IMPLICIT_LITTLE) == (0, IMPLICIT_LITTLE)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(called="OTHER"), AssociateRJ(1, 1, 7)),
        (request(calling="STRANGER"), AssociateRJ(1, 1, 3)),
        (request(application_context="1.2.3"), AssociateRJ(1, 1, 2)),
        (request(version=2), AssociateRJ(1, 2, 2)),
    ],
    ids=["called", "calling", "application context", "version"],
)
def test_a_rejection_says_why(asked: AssociateRQ, expected: AssociateRJ) -> None:
    assert Acceptance("FILM", frozenset(("CT1",))).answer(asked) == expected


def test_without_titles_everybody_is_let_in() -> None:
    assert isinstance(Acceptance().answer(request(called="X", calling="Y")), AssociateAC)
