"""`cloudfilm inspect`, `transcode` and `render`, as somebody types them."""

import gzip
import hashlib
import io
import json
import os
import pty
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cli.inspect_facts import facts_of
from cli.main import app
from imaging.codecs import supported_syntaxes
from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_file
from imaging.pixels.statistics import measure
from imaging.pixels.stored import StoredFrames
from imaging.pixels.transcode import NAMES
from tests.hostile.samples import PIXELS, everything, native, palette

RUNNER = CliRunner()
KEYS = [
    "path", "transfer_syntax", "sop_class", "sop_instance", "rows", "cols", "frames", "samples",
    "bits_stored", "photometric", "patient_name", "patient_id", "pixel_sha256", "pixel_sha256_raw",
    "pixel_sha256_masked", "min", "max", "mean", "grid8_frame0",
]  # fmt: skip


def run(*arguments: object) -> Any:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.dcm"
    path.write_bytes(native())
    return path


def lines(result: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_object_a_file(image: Path) -> None:
    result = run("inspect", "--json", image)
    assert result.exit_code == 0
    (facts,) = lines(result)
    assert list(facts) == KEYS
    assert facts["path"] == str(image)
    assert facts["patient_name"] == "Zhang^San=张^三"
    assert facts["patient_id"] is None
    assert (facts["rows"], facts["cols"], facts["frames"]) == (16, 12, 1)
    assert facts["pixel_sha256"] == hashlib.sha256(PIXELS.tobytes()).hexdigest()
    assert facts["pixel_sha256_masked"] is None
    assert (facts["min"], facts["max"], facts["mean"]) == (0, 4011, PIXELS.mean())
    assert facts["grid8_frame0"][0] == PIXELS[:2, :1].mean()
    assert len(facts["grid8_frame0"]) == 64


def test_bits_above_those_stored_are_masked(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(native(PixelData=(PIXELS | 0x8000).tobytes()))
    (facts,) = lines(run("inspect", "--json", path))
    assert facts["pixel_sha256_masked"] == hashlib.sha256(PIXELS.tobytes()).hexdigest()
    assert facts["pixel_sha256"] == hashlib.sha256((PIXELS | 0x8000).tobytes()).hexdigest()


def test_a_broken_image_still_gives_its_header(tmp_path: Path) -> None:
    path = tmp_path / "cut.dcm"
    path.write_bytes(native()[:-9])
    result = run("inspect", "--json", path)
    (facts,) = lines(result)
    assert result.exit_code == 0
    assert facts["rows"] == 16 and facts["pixel_sha256"] is None
    assert facts["error"]["code"] == "pixels_truncated"


def test_an_end_that_is_missing_but_not_needed_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "open.dcm"
    path.write_bytes(everything()["rle"][:-8])
    (facts,) = lines(run("inspect", "--json", path))
    assert facts["pixel_sha256"] and "error" not in facts
    assert facts["warning"]["code"] == "truncated"


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\x89PNG" * 100, bytes(500), b"\xff\xd8\xff\xf7\0"]
)
def test_what_is_no_image_is_answered(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    result = run("inspect", "--json", path)
    (facts,) = lines(result)
    assert result.exit_code == 0
    assert set(facts) == {"path", "error"}
    assert set(facts["error"]) == {"code", "message", "offset"}
    assert run("inspect", path).exit_code == 0


def test_what_is_named_and_not_there_is_said_and_fails(tmp_path: Path, image: Path) -> None:
    result = run("inspect", "--json", tmp_path / "absent", tmp_path / "nowhere" / "x", image / "y")
    assert [facts["error"]["code"] for facts in lines(result)] == ["no_such_file"] * 3
    assert result.exit_code == 1
    assert run("inspect", tmp_path / "absent").exit_code == 1


def test_whatever_lies_in_a_folder_is_answered(tmp_path: Path) -> None:
    """Pipes (opened, they would wait for ever), links in circles and to nothing, sockets, names
    that are too long, compressed and empty files; status 0."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "nothing").symlink_to("absent")
    (tmp_path / "outside").symlink_to("/dev/zero")
    (tmp_path / "packed.dcm.gz").write_bytes(gzip.compress(native()))
    (tmp_path / "empty").touch()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "door"))
        result = run("inspect", "--json", tmp_path)
    found = {Path(facts["path"]).name: facts["error"]["code"] for facts in lines(result)}
    assert result.exit_code == 0
    assert found == {
        "fifo": "not_a_file", "door": "not_a_file", "outside": "not_a_file", "empty": "too_short",
        "circle": "unreadable", "nothing": "unreadable", "packed.dcm.gz": "not_dicom",
    }  # fmt: skip
    assert run("inspect", tmp_path).exit_code == 0
    long = run("inspect", "--json", tmp_path / ("x" * 5000))
    assert lines(long)[0]["error"]["code"] == "unreadable"


def test_a_file_that_may_not_be_read_is_answered(
    image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = run("inspect", "--json", image)
    assert (lines(result)[0]["error"]["code"], result.exit_code) == ("unreadable", 0)


def test_a_bug_of_ours_costs_one_answer(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.inspect_facts.header_facts", lambda _: 1 // 0)
    monkeypatch.setattr("cli.inspect_dump.dump", lambda _: 1 // 0)
    result = run("inspect", "--json", image, image)
    assert [facts["error"]["code"] for facts in lines(result)] == ["internal"] * 2
    assert run("inspect", image).stdout.endswith("# internal: ZeroDivisionError\n\n")


def test_a_terminal_sees_a_bar_that_no_line_runs_into(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.dcm").write_bytes(native())
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "cli.main", "inspect", "--json", str(tmp_path)]
    subprocess.run(command, stdout=terminal, stderr=terminal, check=True, timeout=60)
    os.close(terminal)
    seen = b""
    with suppress(OSError):  # the end of a terminal
        while piece := os.read(screen, 1 << 16):
            seen += piece
    os.close(screen)
    rows = seen.decode().strip().split("\n")
    shown = [row.rsplit("\x1b[2K")[-1].strip("\r") for row in rows]
    assert shown[-1] == f"[{'#' * 30}] 3/3 files"
    assert "[##########--------------------] 1/3 files" in seen.decode()
    assert [Path(json.loads(line)["path"]).name for line in shown[:3]] == [
        "0.dcm",
        "1.dcm",
        "2.dcm",
    ]


def test_a_file_larger_than_memory_is_answered_at_once(tmp_path: Path) -> None:
    path = tmp_path / "huge.dcm"
    path.write_bytes(native())
    os.truncate(path, 40 << 30)  # sparse: zeros that no one has
    facts = facts_of(path)
    assert facts["rows"] == 16
    assert facts["pixel_sha256"] == hashlib.sha256(PIXELS.tobytes()).hexdigest()


def test_a_folder_is_walked_in_order_with_a_bar(tmp_path: Path) -> None:
    for name in ("b/2", "a/1", ".hidden", "c"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(native())
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_bytes(b"odd name")
    result = run("inspect", "--json", tmp_path)
    assert result.exit_code == 0
    names = [facts["path"].removeprefix(f"{tmp_path}/") for facts in lines(result)]
    assert names[0] == "c" and names[-2:] == ["a/1", "b/2"]
    assert len(names) == 4


def test_the_dump(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(native(StudyDescription="\x1b[2J\x07evil", EncapsulatedDocument=b"\0" * 40))
    result = run("inspect", path)
    assert result.exit_code == 0
    assert "(0010,0010) PN [Zhang^San=张^三]  # 18 bytes PatientName" in result.stdout
    assert "\x1b" not in result.stdout and "\x07" not in result.stdout
    assert "  > item 1\n    (0008,1199) SQ" in result.stdout
    assert "(0002,0010) UI [1.2.840.10008.1.2.1]" in result.stdout


def test_the_dicom_json_model(image: Path, tmp_path: Path) -> None:
    result = run("inspect", "--dicom-json", image, tmp_path / "none")
    first, second = lines(result)
    assert first["dataset"]["00280010"] == {"vr": "US", "Value": [16]}
    assert second["error"]["code"] == "no_such_file"
    assert result.exit_code == 1


def test_a_directory_is_written_over_a_folder(tmp_path: Path) -> None:
    for name in ("A/1", "A/2", "B"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(native(SOPInstanceUID=f"1.2.{ord(name[-1])}", PatientID="P"))
    (tmp_path / "README").write_text("no image")
    for _ in range(2):  # the second time it is there already
        result = run("dicomdir", tmp_path, "--file-set", "FILMS")
        assert (result.exit_code, result.stdout) == (0, "3 files\n"), result.output
        assert "README" in result.stderr
    shown = run("inspect", tmp_path / "DICOMDIR").stdout
    assert "#       IMAGE B\n#       IMAGE A/1\n#       IMAGE A/2" in shown
    assert run("dicomdir", tmp_path / "none").exit_code == 1


def test_a_directory_is_shown_as_a_tree(shared_dicom: Path) -> None:
    result = run("inspect", shared_dicom / "dicomdir/pydicom/DICOMDIR")
    assert "# PATIENT\n#   STUDY\n#     SERIES\n#       IMAGE 77654033/CR1/6154" in result.stdout


LOSSY = ("jpeg-baseline", "jpeg-ls-near")


@pytest.mark.parametrize("target", [name for name in NAMES if name not in LOSSY])
@pytest.mark.parametrize("source", everything())
def test_transcoding_keeps_every_value(tmp_path: Path, source: str, target: str) -> None:
    path, out = tmp_path / "in.dcm", tmp_path / "out.dcm"
    path.write_bytes(everything()[source])
    result = run("transcode", path, out, "--to", target)
    assert result.exit_code == 0, result.output
    before, after = read_file(path), read_file(out)
    assert after.transfer_syntax_uid == NAMES[target]
    assert after.problem is None
    assert measure(StoredFrames(after)) == measure(StoredFrames(before))
    assert after.dataset.text("PatientName") == before.dataset.text("PatientName")


def test_every_syntax_with_an_encoder_is_a_target() -> None:
    kept = {"1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"}
    jpeg_2000 = {f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 201, 202, 203)}
    assert set(supported_syntaxes()) - set(NAMES.values()) == kept | jpeg_2000


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_offset_tables(tmp_path: Path, table: str) -> None:
    path, out = tmp_path / "in.dcm", tmp_path / "out.dcm"
    path.write_bytes(native(NumberOfFrames=3, PixelData=PIXELS.tobytes() * 3))
    result = run("transcode", path, out, "--to", "rle", "--offset-table", table)
    assert result.exit_code == 0, result.output
    written = read_file(out).dataset
    first = bytes((written.elements[0x7FE00010].fragments or [])[0])
    assert (len(first) > 0, "ExtendedOffsetTable" in written) == (
        table == "basic", table == "extended"
    )  # fmt: skip
    assert measure(StoredFrames(read_file(out))) == measure(StoredFrames(read_file(path)))
    assert run("transcode", path, out, "--to", "rle", "--offset-table", "x").exit_code == 1


@pytest.mark.parametrize("target", ["rle", "deflated-frames", "uncompressed-frames"])
def test_frames_of_single_bits_have_codecs(tmp_path: Path, target: str) -> None:
    bits = {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "Rows": 5, "Columns": 5}
    path, out, back = (tmp_path / name for name in ("in", "out", "back"))
    path.write_bytes(native(**bits, NumberOfFrames=3, PixelData=b"\xa5\x3c" * 5))
    assert run("transcode", path, out, "--to", target).exit_code == 0
    assert run("transcode", out, back, "--to", "explicit").exit_code == 0
    assert measure(StoredFrames(read_file(out))) == measure(StoredFrames(read_file(path)))
    assert measure(StoredFrames(read_file(back))) == measure(StoredFrames(read_file(path)))
    assert run("transcode", path, out, "--to", "jpeg-ls").exit_code == 1


@pytest.mark.parametrize(
    ("target", "option"), [("jpeg-baseline", "--quality"), ("jpeg-ls-near", "--near")]
)
@pytest.mark.parametrize("colour", ["MONOCHROME2", "RGB", "YBR_FULL"])
def test_what_loses_something_is_an_instance_of_its_own(
    tmp_path: Path, target: str, option: str, colour: str
) -> None:
    samples = 1 if colour == "MONOCHROME2" else 3
    ramp = np.add.outer(np.arange(24), np.arange(32)).astype(np.uint8) * 3
    pixels = np.stack([ramp + 9 * n for n in range(samples)], axis=2)
    path, out = tmp_path / "in.dcm", tmp_path / "out.dcm"
    path.write_bytes(native(
        Rows=24, Columns=32, BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=samples,
        PhotometricInterpretation=colour, PlanarConfiguration=0 if samples == 3 else None,
        PixelData=pixels.tobytes(), ImageType="ORIGINAL\\PRIMARY\\AXIAL",
    ))  # fmt: skip
    assert (
        run("transcode", path, out, "--to", target, option, 3 if "near" in option else 95).exit_code
        == 0
    )
    before, after = read_file(path).dataset, read_file(out)
    got = StoredFrames(after).decode(0).astype(int)
    assert np.abs(got - pixels).max() <= (3 if "near" in target else 12)
    text, data = after.dataset.text, after.dataset
    assert text("SOPInstanceUID") != before.text("SOPInstanceUID")
    assert after.meta.text("MediaStorageSOPInstanceUID") == text("SOPInstanceUID")
    assert data.sequence("SourceImageSequence")[0].text("ReferencedSOPInstanceUID") == "1.2.3.4"
    assert data.texts("ImageType") == ["DERIVED", "PRIMARY", "AXIAL"]
    assert (text("LossyImageCompression"), text("PhotometricInterpretation")) == ("01", colour)
    assert data.number("LossyImageCompressionRatio", 0) > 1
    again = tmp_path / "again.dcm"
    run("transcode", path, again, "--to", target, option, 3 if "near" in option else 95)
    assert again.read_bytes() == out.read_bytes()


@pytest.mark.parametrize("more", [{"PixelRepresentation": 1}, {}])
def test_what_cannot_lose_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    path = tmp_path / "in.dcm"
    path.write_bytes(native(**more))
    assert (
        "transcode_pixels" in run("transcode", path, tmp_path / "o", "--to", "jpeg-baseline").output
    )
    near = run("transcode", path, tmp_path / "o", "--to", "jpeg-ls-near")
    assert near.exit_code == (1 if more else 0)


@pytest.mark.parametrize("target", ["explicit", "big", "rle", "jpeg-lossless", "jpeg-ls"])
def test_real_images_survive(shared_dicom: Path, tmp_path: Path, target: str) -> None:
    for name in (
        "colour/ExplVR_BigEnd.dcm", "multiframe/emri_small_RLE.dcm", "colour/YBR_FULL-RLE.dcm",
        "syntax/ct_ge_chest/CTImage_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm",
    ):  # fmt: skip
        out = tmp_path / "out.dcm"
        assert run("transcode", shared_dicom / name, out, "--to", target).exit_code == 0
        before = measure(StoredFrames(read_file(shared_dicom / name)))
        assert measure(StoredFrames(read_file(out))).raw == before.raw, name


def test_transcode_refuses_in_a_sentence(image: Path, tmp_path: Path) -> None:
    result = run("transcode", image, tmp_path / "o", "--to", "1.2.840.10008.1.2.4.100")
    assert result.exit_code == 1 and "transcode_target" in result.output
    image.write_bytes(native()[:-9])
    assert run("transcode", image, tmp_path / "o").exit_code == 1
    assert run("transcode", tmp_path / "none", tmp_path / "o").exit_code == 1
    assert not (tmp_path / "o").exists()


def picture(path: Path) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())))


def test_render_with_windows(image: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.png"
    assert run("render", image, "--window", "40/400", "-o", out).exit_code == 0
    first = picture(out)
    assert first.shape == (16, 12)
    hu = PIXELS[:, :, 0].astype(float) - 1024
    expected = np.clip(np.floor(((hu - 39.5) / 399 + 0.5) * 255 + 0.5), 0, 255)
    assert np.array_equal(first, expected)
    assert run("render", image, "-o", out).exit_code == 0
    assert np.array_equal(picture(out), first)
    assert run("render", image, "--invert", "-o", out).exit_code == 0
    assert np.array_equal(picture(out), 255 - first)
    assert run("render", image, "--palette", "Rainbow", "-o", out).exit_code == 0
    assert picture(out).shape == (16, 12, 3)


def test_render_colour_and_palettes(tmp_path: Path) -> None:
    path, out = tmp_path / "p.dcm", tmp_path / "x.png"
    path.write_bytes(palette())
    assert run("render", path, "-o", out).exit_code == 0
    assert picture(out).shape == (16, 12, 3)


@pytest.mark.parametrize(
    "arguments",
    [("--window", "x"), ("--window", "9"), ("--window", "1/0"), ("--frame", "2"), ("--frame", "0"),
     ("--palette", "none")],
)  # fmt: skip
def test_render_refuses_in_a_sentence(
    image: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = run("render", image, "-o", tmp_path / "x.png", *arguments)
    assert result.exit_code == 1
    assert result.output.startswith("✗")
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(("pixels", "options"), [(True, []), (False, ["--json"])])
def test_a_header_is_told_without_loading_the_kernels(
    tmp_path: Path, pixels: bool, options: list[str]
) -> None:
    values: dict[str, Any] = {"SOPClassUID": "1.2.3", "SOPInstanceUID": "1.2.4"}
    path = tmp_path / "file.dcm"
    path.write_bytes(native() if pixels else write_file(values, EXPLICIT_LITTLE))
    program = (
        "import sys; from cli.main import app; "
        f"app(['inspect', {str(path)!r}, *{options!r}], standalone_mode=False); "
        "print('numba' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.split()[-1]) == (0, "False"), done.stderr
    assert str(path) in done.stdout
