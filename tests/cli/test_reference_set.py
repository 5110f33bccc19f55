"""`cloudfilm inspect --json` over the whole reference set, every file and every field of it beside
what others found: exact for lossless codecs, within the given tolerance for lossy ones. Whatever
is not equal, not comparable or not shown stands here by name; a file that joins or leaves one of
these lists fails the test."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app

Entry = dict[str, Any]
HEADER = (
    "transfer_syntax", "sop_class", "sop_instance", "rows", "cols", "frames", "samples",
    "bits_stored", "photometric", "patient_name", "patient_id",
)  # fmt: skip
HASHES = ("pixel_sha256", "pixel_sha256_raw", "pixel_sha256_masked")
RANGE = ("min", "max", "mean")
LOSSY_MEAN, LOSSY_CELL = 0.05, 0.5  # of the mean, and of each area mean

# where the answer is another than the manifest's, and why ours stands
DIFFERENT = {
    "broken/3gb-bulk-data-truncated": "rows cols samples",  # two values in the file: ours the first
    "broken/badVR.dcm": "frames",  # "1A" is no number: an error beside frames 1
    "broken/deriv_no_seq_delimiter.dcm":  # its reader lost what stands behind the sequence
        "sop_class sop_instance rows cols frames samples bits_stored photometric patient_name "
        "patient_id",
    "broken/deriv_trunc60_jpll.dcm":  # its reader needs the file's end for the beginning
        "sop_class sop_instance rows cols frames samples bits_stored photometric patient_name "
        "patient_id",
    "broken/emri_small_jpeg_2k_lossless_too_short.dcm":
        "sop_class sop_instance rows cols frames samples bits_stored photometric patient_name "
        "patient_id",
}  # fmt: skip

# the manifest has no header facts of these
WITHOUT_HEADER = {
    "broken/GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm", "broken/deriv_sq_nest_5000.dcm",
    "codestream_jls/8bit-monochrome-2x2.jls", "codestream_jls/t16e0.jls",
    "codestream_jls/fuzzy-input-bad-run-mode-golomb-code.jls", "codestream_jls/t8c0e0.jls",
    "codestream_jls/t8c0e3.jls", "codestream_jls/t8c1e0.jls", "codestream_jls/t8nde0.jls",
}  # fmt: skip

# shown although the manifest has no hash: ours is that of another file (its healthy sibling), or
# None where there is no other
SHOWN_ALONE = {
    "broken/MultiframeWindowing.dcm": None,
    "broken/deriv_no_seq_delimiter.dcm": "syntax/wg04_ct1/CT1_RLE",
    "broken/emri_small_jpeg_2k_lossless_too_short.dcm": "multiframe/emri_small.dcm",
    "multiframe/liver_nonbyte_aligned_rle.dcm": None,  # see tests/imaging/codecs/test_rle.py
}  # fmt: skip

WARNED = {
    "broken/MultiframeWindowing.dcm": "pixel_representation",
    "broken/deriv_no_seq_delimiter.dcm": "truncated",
    "broken/deriv_pixel_vl_4g.dcm": "truncated",
    "broken/emri_small_jpeg_2k_lossless_too_short.dcm": "truncated",
}

# images whose pixels are not shown: code of the error, and what is wrong with the file
REFUSED = {
    "broken/2026-05-26-oob-monochrome-46341.dcm": "frame_size",  # 46341 squared in 9 KB
    "broken/3gb-bulk-data-truncated": "pixels_samples",  # 3\0 samples
    "broken/GH1146.dcm": "pixels_missing",  # empty pixel data
    "broken/GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "item_expected",
    "broken/GH179B.dcm": "vr_unknown",  # breaks off amid bytes that are no element
    "broken/GH340.dcm": "bits_allocated",  # 12 bits allocated, retired with ACR-NEMA
    "broken/GH626.dcm": "truncated",
    "broken/JPEG2000-embedded-sequence-delimiter.dcm": "jpeg2000_size",  # a stream overwritten
    "broken/MR_truncated.dcm": "pixels_truncated",  # 62 bytes are missing
    "broken/badVR.dcm": "frames_number",
    "broken/deriv_bitsstored_gt_alloc.dcm": "pixels_bits",
    "broken/deriv_empty_fragment.dcm": "jpeg_no_start",
    "broken/deriv_frames_2e9.dcm": "frames",
    "broken/deriv_j2k_labelled_jpll.dcm": "jpeg_no_start",  # the syntax is believed
    "broken/deriv_png_renamed.dcm": "not_dicom",
    "broken/deriv_rle_offset_oob.dcm": "rle_offset",
    "broken/deriv_rows0.dcm": "pixels_size",
    "broken/deriv_sq_nest_5000.dcm": "nesting",
    "broken/deriv_trunc60_jpll.dcm": "jpeg_truncated",
    "broken/deriv_trunc_header.dcm": "truncated",
    "broken/deriv_zero_bytes.dcm": "too_short",
    "broken/genFile.dcm": "jpeg_no_start",  # labelled JPEG, holds none
    "broken/meta_missing_tsyntax.dcm": "pixels_size",
    "broken/multiframe.dcm": "jpeg_size",  # other sizes in the streams than in the header
    "broken/no_meta.dcm": "not_dicom",
    "broken/rtplan_truncated.dcm": "truncated",
    "codestream_jls/fuzzy-input-bad-run-mode-golomb-code.jls": "pixels_size",
    "nonimage/nested_priv_SQ.dcm": "pixels_size",  # pixel data without rows and columns
}

# no pixel data element: answered with header facts and without any error
NO_PIXELS = {
    "broken/2017-06-27-XSSInjection.dcm", "broken/ExplVR_BigEndNoMeta.dcm",
    "broken/ExplVR_LitEndNoMeta.dcm", "broken/GH178.dcm", "broken/GH179A.dcm", "broken/GH220.dcm",
    "broken/GH223.dcm", "broken/GH487.dcm", "broken/no_meta_group_length.dcm",
    "broken/no_preamble_dicm_in_data", "charset/chrJapMulti.dcm",
    "charset/chrJapMultiExplicitIR6.dcm", "charset/chrKoreanMulti.dcm", "charset/chrSQEncoding.dcm",
    "charset/chrSQEncoding1.dcm", "charset/empty_charset_LEI.dcm", "nonimage/MarekLatin2.dcm",
    "nonimage/UN_sequence.dcm", "nonimage/no-pixel-data.dcm", "nonimage/prLUTs.dcm",
    "nonimage/priv_SQ.dcm", "nonimage/reportsi.dcm",
    "nonimage/reportsi_with_empty_number_tags.dcm", "nonimage/rtplan.dcm", "nonimage/rtstruct.dcm",
    "nonimage/sample-pdf.dcm", "nonimage/test-SR.dcm", "nonimage/waveform_ecg.dcm",
    "syntax/deflate/report_dfl", "syntax/deflate/wave_dfl",
    "syntax/private/2020-09-12-ELSCINT1-PMSCT_RLE1.dcm",  # its pixels are in private elements
    *(f"dicomdir/pydicom/DICOMDIR{kind}" for kind in (
        "", "-bigEnd", "-empty.dcm", "-implicit", "-nooffset", "-nopatient", "-reordered")),
}  # fmt: skip


@pytest.fixture(scope="module")
def entries(shared_dicom: Path) -> dict[str, Entry]:
    files = json.loads((shared_dicom / "manifest.json").read_text())["files"]
    return {entry["path"]: entry for entry in files}


@pytest.fixture(scope="module")
def answers(shared_dicom: Path) -> dict[str, Entry]:
    """What the command prints for the folder, by path below it."""
    result = CliRunner().invoke(app, ["inspect", "--json", str(shared_dicom)])
    assert result.exit_code == 0
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return {str(Path(facts["path"]).relative_to(shared_dicom)): facts for facts in found}


def different(entry: Entry, got: Entry) -> list[str]:
    """The fields of which the manifest says something else."""
    truth = entry.get("text_truth", {})
    wanted = entry | ({"patient_name": truth["PatientName"]} if "PatientName" in truth else {})
    found = [key for key in HEADER if key in entry and got.get(key) != wanted[key]]
    if "pixel_sha256" not in entry:
        return found
    tolerance = entry.get("tolerance_max_abs")
    if tolerance is None:
        masked = got["pixel_sha256_masked"] is not None
        found += [
            key for key in HASHES
            if (key in entry or (key == "pixel_sha256_masked" and masked))
            and got[key] != entry.get(key)
        ]  # fmt: skip
    slack = {
        "min": tolerance or 0,
        "max": tolerance or 0,
        "mean": LOSSY_MEAN if tolerance else 1e-5,
    }
    found += [key for key in RANGE if abs(got[key] - entry[key]) > slack[key]]
    if "grid8_frame0" in entry:
        cells = zip(flat(got["grid8_frame0"]), flat(entry["grid8_frame0"]), strict=True)
        most = max(abs(a - b) for a, b in cells)
        if most > (LOSSY_CELL if tolerance else 0.0011):
            found.append("grid8_frame0")
    return found


def flat(table: list[Any]) -> list[float]:
    return [part for cell in table for part in (cell if isinstance(cell, list) else [cell])]


def test_every_file_is_answered_once_and_no_other(
    answers: dict[str, Entry], entries: dict[str, Entry]
) -> None:
    assert set(answers) == set(entries) | {"README.md", "manifest.json"}
    assert answers["README.md"]["error"]["code"] == "not_dicom"


def test_every_field_of_every_file(answers: dict[str, Entry], entries: dict[str, Entry]) -> None:
    found = {path: different(entry, answers[path]) for path, entry in entries.items()}
    assert {path: keys for path, keys in found.items() if keys} == {
        path: keys.split() for path, keys in DIFFERENT.items()
    }


def test_what_cannot_be_compared_is_known_by_name(
    answers: dict[str, Entry], entries: dict[str, Entry]
) -> None:
    assert {path for path, entry in entries.items() if "sop_class" not in entry} == WITHOUT_HEADER
    alone = {
        path for path, entry in entries.items()
        if answers[path].get("pixel_sha256") and "pixel_sha256" not in entry
    }  # fmt: skip
    assert alone == set(SHOWN_ALONE)
    for path, sibling in SHOWN_ALONE.items():
        if sibling is not None:
            assert answers[path]["pixel_sha256"] == entries[sibling]["pixel_sha256"], path


def test_what_is_not_shown_is_known_by_name_and_why(
    answers: dict[str, Entry], entries: dict[str, Entry]
) -> None:
    codes = {p: a["error"]["code"] for p, a in answers.items() if "error" in a and p in entries}
    assert codes == REFUSED
    dark = {p for p in entries if not answers[p].get("pixel_sha256") and "error" not in answers[p]}
    assert dark == NO_PIXELS
    warned = {p: a["warning"]["code"] for p, a in answers.items() if "warning" in a}
    assert warned == WARNED
    for path in set(REFUSED) | NO_PIXELS:
        assert all(answers[path].get(key) is None for key in (*HASHES, *RANGE)), path
        assert "decodable" not in entries[path] or not entries[path]["decodable"], path


def test_the_header_is_told_where_the_pixels_cannot_be(
    answers: dict[str, Entry], entries: dict[str, Entry]
) -> None:
    unread = {p for p in REFUSED if "rows" not in answers[p]}
    assert unread == {
        "broken/deriv_png_renamed.dcm", "broken/deriv_zero_bytes.dcm", "broken/no_meta.dcm",
        "codestream_jls/fuzzy-input-bad-run-mode-golomb-code.jls",
    }  # fmt: skip


def test_each_is_treated_as_the_manifest_expects(
    answers: dict[str, Entry], entries: dict[str, Entry]
) -> None:
    for path, entry in entries.items():
        expected, got = entry["expected"], answers[path]
        if expected.startswith(("decodes", "salvaged")):
            assert got["pixel_sha256"] and "error" not in got, path
        if "MUST be refused" in expected:
            assert got["error"]["message"] and not got.get("pixel_sha256"), path
        if "damaged" in expected.split(";")[-1] and "NumberOfFrames" not in expected:
            assert "error" in got or "warning" in got, path
        if expected.startswith("parsed") and "private nested" not in expected:
            assert "error" not in got or path == "broken/GH179B.dcm", path
