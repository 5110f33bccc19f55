"""A log line is one JSON object and holds nobody's number, phone, name or token."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from assembly.logs import configure_logging, redact

ID_CARD = "99010119800101001X"
PHONE = "13800000000"
CODE = "AbCdEf-GhIjKl_MnOpQr12"


@pytest.fixture
def own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def redacted(text: str) -> str:
    return str(redact(None, "", {"event": text})["event"])


@pytest.mark.parametrize(
    "secret", [ID_CARD, ID_CARD[:-1] + "7", ID_CARD.lower(), PHONE, f"/q/{CODE}", f"/s/{CODE}"]
)
@pytest.mark.parametrize("around", ["{}", "({})", "身份证{}。", "PID|{}|x", "a={}&b"])
def test_what_identifies_a_person_is_blanked(secret: str, around: str) -> None:
    said = redacted(around.format(secret))
    assert secret.removeprefix("/q/").removeprefix("/s/") not in said
    assert "***" in said


def test_a_uid_and_a_digest_stay_readable() -> None:
    for text in ("1.2.840.113619.2.55.3.2831178355", "sha256 " + "0a" * 32, "port 11112"):
        assert redacted(text) == text


@given(st.text(), st.text())
def test_a_phone_never_gets_through(before: str, after: str) -> None:
    assert PHONE not in redacted(f"{before} {PHONE} {after}")


def test_a_line_is_one_object_with_its_process(
    capsys: pytest.CaptureFixture[str], own_logging: None
) -> None:
    configure_logging("INFO", process="test")
    structlog.get_logger().info("order_placed", note=f"line one\nphone {PHONE}")
    structlog.get_logger().debug("not at this level")
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert said["process"] == "test"
    assert (said["event"], said["level"]) == ("order_placed", "info")
    assert PHONE not in line


def test_an_error_that_quotes_a_person_is_blanked_too(
    capsys: pytest.CaptureFixture[str], own_logging: None
) -> None:
    configure_logging("INFO", process="test")
    try:
        raise ValueError(f"cannot parse {ID_CARD}")
    except ValueError:
        structlog.get_logger().warning("failed", exc_info=True, seen=[PHONE], more={"p": PHONE})
    said = capsys.readouterr().err
    assert "cannot parse" in said
    assert ID_CARD not in said
    assert PHONE not in said


def test_what_libraries_log_has_the_same_form(
    capsys: pytest.CaptureFixture[str], own_logging: None
) -> None:
    configure_logging("INFO", process="test")
    try:
        raise ValueError(f"cannot parse {ID_CARD}")
    except ValueError:
        logging.getLogger("dicomnet.server").exception("broken by %s", PHONE)
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["logger"], said["level"], said["process"]) == ("dicomnet.server", "error", "test")
    assert said["event"] == "broken by ***"
    assert "cannot parse ***" in said["exception"]


@pytest.mark.parametrize("value", [13800000000, {PHONE: {PHONE}}, Exception(PHONE), (ID_CARD,)])
def test_no_shape_hides_a_secret(value: object) -> None:
    said = str(redact(None, "", {"event": "x", "value": value}))
    assert PHONE not in said
    assert ID_CARD not in said


def test_figures_stay_figures() -> None:
    plain = {"event": "x", "n": 5, "ok": True, "s": 1.5, "none": None, "list": [1, "a"]}
    assert redact(None, "", dict(plain)) == plain
