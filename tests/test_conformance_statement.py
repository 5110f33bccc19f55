"""docs/conformance.md says what the code does: its tables against the code's own lists."""

import re
from pathlib import Path

import pytest

from assembly.settings import Settings
from dicomnet.dimse import status
from dicomnet.dimse.command import MAX_COMMAND_BYTES
from dicomnet.services import negotiation
from dicomnet.services.session import SessionLimits
from dicomnet.transport.server import ServerLimits
from dicomnet.ul import decode, pdu
from imaging.codecs import is_supported
from imaging.dicom import charset, uid
from imaging.dicom.elements import MAX_DEPTH
from workers import receiver, receiver_storage

Rows = list[list[str]]
PAGE = Path(__file__).resolve().parent.parent / "docs" / "conformance.md"
TEXT = PAGE.read_text("utf-8")


def table(first_heading: str) -> Rows:
    """The rows of the table whose head begins with this column; code marks are taken off."""
    found = [
        block
        for block in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE)
        if block.startswith(f"| {first_heading} |")
    ]
    assert len(found) == 1, f"{len(found)} tables begin with {first_heading!r}"
    lines = found[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def section(number: str) -> Rows:
    """The only table of a section."""
    match = re.search(rf"^#+ {re.escape(number)} .*?\n(.*?)(?=^#|\Z)", TEXT, re.M | re.S)
    assert match is not None, number
    lines = [line for line in match.group(1).splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_storage_classes() -> None:
    listed = [row[0] for row in section("8.1")]
    assert sorted(listed) == sorted(uid.STORAGE_SOP_CLASSES)
    assert f"`{uid.STORAGE_ROOT}`" in TEXT


def test_transfer_syntaxes_and_which_can_be_shown() -> None:
    listed = {row[0]: (row[1], row[2]) for row in section("8.2")}
    native = {uid.IMPLICIT_LITTLE, uid.EXPLICIT_LITTLE, uid.DEFLATED_LITTLE, uid.EXPLICIT_BIG}
    expected = {
        syntax: (name, "yes" if syntax in native or is_supported(syntax) else "not yet")
        for syntax, name in uid.TRANSFER_SYNTAXES.items()
    }
    assert listed == expected


def test_other_classes() -> None:
    listed = {row[0] for row in section("4.2.1")}
    assert listed == {uid.VERIFICATION}


def test_implementation_identity() -> None:
    assert {row[0]: row[1] for row in table("Item")} == {
        "Implementation Class UID": uid.IMPLEMENTATION_CLASS_UID,
        "Implementation Version Name": uid.IMPLEMENTATION_VERSION,
        "Application Context Name": pdu.APPLICATION_CONTEXT,
    }


def test_limits() -> None:
    session, server = SessionLimits(), ServerLimits()
    assert {row[0]: int(row[1]) for row in table("Limit")} == {
        "max_associations": Settings().max_associations,
        "max_length": negotiation.Acceptance().max_length,
        "max_control_pdu": pdu.MAX_CONTROL_PDU,
        "max_contexts": pdu.MAX_CONTEXTS,
        "max_values": decode.MAX_VALUES,
        "max_command_bytes": MAX_COMMAND_BYTES,
        "max_object_bytes": session.max_object_bytes,
        "spool_bytes": session.spool_bytes,
    }
    assert server.max_associations == Settings().max_associations
    assert f"deeper than {MAX_DEPTH} " in TEXT


def test_time_outs() -> None:
    limits = ServerLimits()
    assert {row[0]: float(row[1]) for row in table("Time-out")} == {
        "artim_s": limits.artim_s, "idle_s": limits.idle_s, "drain_s": receiver.DRAIN_S,
    }  # fmt: skip


def test_rejections() -> None:
    known = {
        (value.result, value.source, value.reason)
        for value in vars(negotiation).values()
        if isinstance(value, pdu.AssociateRJ)
    }
    listed = {tuple(map(int, row[:3])) for row in table("Result")}
    assert listed == known


def test_store_status_codes() -> None:
    said = {status.UNRECOGNIZED_OPERATION, *receiver_storage.STATUS_OF_FAMILY.values()}
    said |= {answer.status for answer in receiver_storage.ANSWER_OF_OUTCOME.values()}
    assert {int(row[0], 16) for row in section("4.2.6")} == said


@pytest.mark.parametrize("row", table("Setting (environment)"), ids=lambda row: row[0])
def test_settings(row: list[str]) -> None:
    name = row[0].removeprefix("CLOUDFILM_").lower()
    default = Settings.model_fields[name].default
    assert row[1] == (str(default) if default != "" else "(empty)")


def test_character_sets() -> None:
    single = {row[0] for row in table("Specific Character Set")}
    assert single == set(charset._SINGLE) - {"", "EUC_KR"}
    chinese = "一二".encode("gb2312")
    samples = {
        "ISO 2022 IR 58": (b"\x1b$)A" + chinese, "一二"),
        "ISO 2022 IR 87": ("山田".encode("iso2022_jp"), "山田"),
        "ISO 2022 IR 149": (b"\x1b$)C" + "김".encode("euc_kr"), "김"),
        "ISO 2022 IR 159": ("丂".encode("iso2022_jp_2"), "丂"),
    }
    assert {row[0] for row in table("ISO 2022")} == set(samples)
    for label, (raw, text) in samples.items():
        assert charset.decode(raw, ["", label]).rstrip("\x1b") == text
