"""docs/conformance.md says what the code does: its tables against the code's own lists."""

import re
from pathlib import Path

import pytest

from assembly.settings import Settings
from dicomnet.dimse import status
from dicomnet.dimse.command import MAX_COMMAND_BYTES
from dicomnet.services import commitment, negotiation, retrieve
from dicomnet.services.session import MAX_IDENTIFIER_BYTES, SessionLimits
from dicomnet.transport import tls
from dicomnet.transport.server import ServerLimits
from dicomnet.ul import decode, pdu
from imaging.codecs import is_supported
from imaging.dicom import charset, uid
from imaging.dicom.elements import MAX_DEPTH
from integrations.pacs import peer_file
from integrations.pacs.quirks import QUIRKS, STANDARD
from storage.records.catalogue import COLUMNS
from usecases.pulling import repair
from usecases.query_retrieve.find import MAX_MATCHES
from usecases.query_retrieve.question import COUNTED, KINDS
from usecases.query_retrieve.retrieve import MAX_INSTANCES
from workers import (
    puller,
    puller_archive,
    receiver,
    receiver_commitment,
    receiver_gate,
    receiver_storage,
)

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
    assert listed == {uid.VERIFICATION, *receiver.SERVICES}


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
        "max_identifier_bytes": MAX_IDENTIFIER_BYTES,
        "max_matches": MAX_MATCHES,
        "max_instances": MAX_INSTANCES,
        "max_references": commitment.MAX_REFERENCES,
        "spool_bytes": session.spool_bytes,
    }
    assert server.max_associations == Settings().max_associations
    assert f"deeper than {MAX_DEPTH} " in TEXT


def test_time_outs() -> None:
    limits = ServerLimits()
    assert {row[0]: float(row[1]) for row in table("Time-out")} == {
        "artim_s": limits.artim_s, "idle_s": limits.idle_s, "drain_s": receiver.DRAIN_S,
        "store_limit_s": retrieve.STORE_LIMIT_S, "report_limit_s": commitment.REPORT_LIMIT_S,
    }  # fmt: skip


def test_rejections() -> None:
    known = {
        (value.result, value.source, value.reason)
        for value in vars(negotiation).values()
        if isinstance(value, pdu.AssociateRJ)
    }
    assert {(v.result, v.source, v.reason) for v in receiver_gate.REJECTIONS.values()} <= known
    listed = {tuple(map(int, row[:3])) for row in table("Result")}
    assert listed == known


def test_store_status_codes() -> None:
    said = {status.UNRECOGNIZED_OPERATION, *receiver_storage.STATUS_OF_FAMILY.values()}
    said.add(receiver_storage.NOT_ALLOWED.status)
    said |= {answer.status for answer in receiver_storage.ANSWER_OF_OUTCOME.values()}
    assert {int(row[0], 16) for row in section("4.2.6")} == said


def test_query_keys() -> None:
    known = {(key, COLUMNS[key][0], kind) for key, kind in KINDS.items()}
    known |= {(key, level, "counted") for key, level in COUNTED.items()}
    known.add(("StudyTime", "STUDY", "time"))
    assert {tuple(row) for row in table("Key")} == known


# the modules that say a service's statuses -> the names of `dicomnet.dimse.status` in their source
QUERY_SOURCES = [
    "dicomnet/services/query.py",
    "workers/receiver_query.py",
    "workers/receiver_gate.py",
]
RETRIEVE_SOURCES = [
    "workers/sending.py",
    "dicomnet/services/retrieve.py",
    "workers/receiver_retrieve.py",
    "workers/receiver_gate.py",
]
COMMITMENT_SOURCES = ["dicomnet/services/commitment.py"]


def codes_in(*sources: str) -> set[int]:
    names = set()
    for source in sources:
        text = (PAGE.parent.parent / source).read_text("utf-8")
        names |= set(re.findall(r"\bstatus\.([A-Z_]+)\b", text))
    return {getattr(status, name) for name in names}


def listed_codes(heading: str) -> set[int]:
    return {int(row[0], 16) for row in table(heading)}


def test_query_status_codes() -> None:
    assert listed_codes("Status of C-FIND") == codes_in(*QUERY_SOURCES)


def test_retrieve_status_codes() -> None:
    said = codes_in(*RETRIEVE_SOURCES) | codes_in(QUERY_SOURCES[1])
    # of a sub-operation, never sent
    said -= {status.SOP_CLASS_NOT_SUPPORTED, status.PROCESSING_FAILURE}
    assert listed_codes("Status of C-MOVE and C-GET") == said


def test_commitment_status_codes() -> None:
    said = codes_in(*COMMITMENT_SOURCES) | {status.NOT_AUTHORIZED, status.PROCESSING_FAILURE}
    assert listed_codes("Status of N-ACTION") == said
    reasons = set(receiver_commitment.REASONS.values())
    assert listed_codes("Failure Reason") == reasons


@pytest.mark.parametrize("row", table("Setting (environment)"), ids=lambda row: row[0])
def test_settings(row: list[str]) -> None:
    name = row[0].removeprefix("CLOUDFILM_").lower()
    default = Settings.model_fields[name].default
    assert row[1] == (str(default) if default not in ("", None) else "(empty)")


def test_tls() -> None:
    assert {row[0]: row[1] for row in table("Item of TLS")}["Suites of TLS 1.2"] == tls.SUITES


def test_retries_of_a_commitment() -> None:
    *first, last = (f"{pause:g}" for pause in receiver_commitment.RETRY_S)
    said = f"after {', '.join(first)} and then every {last} seconds"
    assert f"{said}, {receiver_commitment.MAX_ATTEMPTS} times" in TEXT


def test_the_pulling_ae() -> None:
    for pauses in (puller.BACKOFF_S, repair.RETRY_S):
        *first, last = (f"{pause:g}" for pause in pauses)
        assert f"for {', '.join(first)}, then {last} seconds" in TEXT
    assert f"the {len(puller_archive.UNTOLD)} most usual ones" in TEXT
    assert f"at most {STANDARD.instances_a_retrieve} SOP Instance UIDs" in TEXT


_PEER_TABLES = (
    ("peer key", set(peer_file.KEYS)),
    ("pull key", set(peer_file._PULL)),
    ("push key", set(peer_file._PUSH)),
    ("quirk", set(QUIRKS)),
)


def test_keys_and_quirks_of_peers() -> None:
    page = (PAGE.parent / "deployment.md").read_text("utf-8")
    for heading, known in _PEER_TABLES:
        block = page.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
        assert set(re.findall(r"^\| `(\w+)` \|", block, re.M)) == known
    for name, (meaning, _) in QUIRKS.items():
        assert f"| `{name}` | {meaning} |" in page


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
