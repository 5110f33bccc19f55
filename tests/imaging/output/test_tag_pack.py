"""Headers of a series as one object: shared once, differences by file, nothing long, nothing that
cannot be JSON."""

import gzip
import json
from typing import Any

from imaging.dicom.json_model import from_json
from imaging.output.tag_pack import MAX_ITEMS, TagPack


def packed(*models: dict[str, Any]) -> dict[str, Any]:
    pack = TagPack()
    for number, model in enumerate(models):
        pack.add(f"1.2.{number}", from_json(model))
    body: dict[str, Any] = json.loads(gzip.decompress(pack.pack()))
    return body


def merged(body: dict[str, Any], uid: str) -> dict[str, Any]:
    both = body["common"] | body["instances"][uid]
    return {tag: value for tag, value in both.items() if value is not None}


NAME = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Li"}]}}


def number(value: int) -> dict[str, Any]:
    return {"00200013": {"vr": "IS", "Value": [value]}}


def test_what_all_share_is_there_once() -> None:
    body = packed(NAME | number(1), NAME | number(2), number(1))
    assert body["names"]["00100010"] == "PatientName"
    assert body["instances"]["1.2.1"] == number(2)
    assert body["instances"]["1.2.2"] == {"00100010": None}
    assert merged(body, "1.2.1")["00100010"]["Value"] == [{"Alphabetic": "Li"}]


def test_a_private_tag_is_bytes_and_a_long_one_its_size() -> None:
    body = packed(
        {
            "00090010": {"vr": "LO", "Value": ["ACME 1.0"]},
            "00091001": {"vr": "UN", "InlineBinary": "AAEC"},
            "00091002": {"vr": "OB", "InlineBinary": "AAAA" * 1000},
        }
    )
    assert body["common"]["00091001"] == {"vr": "UN", "InlineBinary": "AAEC"}
    assert body["common"]["00091002"] == {"vr": "OB", "Size": 3000}
    assert "00091001" not in body["names"]


def test_sequences_are_kept_to_a_length() -> None:
    items = [{"00080100": {"vr": "SH", "Value": [str(n)]}} for n in range(MAX_ITEMS + 5)]
    body = packed({"00081140": {"vr": "SQ", "Value": items}})
    assert len(body["common"]["00081140"]["Value"]) == MAX_ITEMS
    assert body["common"]["00081140"]["More"] == 5
    assert body["names"]["00080100"] == "CodeValue"


def test_a_series_without_a_file_has_none() -> None:
    assert TagPack().pack() == b""
