"""What a picture is drawn with: VOI tables, overlays, shutters, padding, aspect, palettes, GSDF."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.uid import EXPLICIT_BIG, EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.errors import FormatError, ImagingError
from imaging.output.rendering import parse_window, render_frame
from imaging.pixels import colour_maps, gsdf
from imaging.pixels.aspect import pixel_aspect
from imaging.pixels.filters import blur, sharpen
from imaging.pixels.image_file import ImageFile
from imaging.pixels.overlays import read_overlays
from imaging.pixels.padding import is_padding
from imaging.pixels.shutters import read_shutter
from imaging.pixels.stored import StoredFrames
from imaging.pixels.voi_lut import read_voi_luts
from imaging.pixels.windows import apply_window
from tests.hostile.samples import native, palette
from tests.support.servers import absent

ROOT = Path(__file__).resolve().parents[3]


def dataset(syntax: str = EXPLICIT_LITTLE, **values: Any) -> Dataset:
    return read_dataset(write_dataset(values, syntax), syntax)


def words(values: Any, order: str = "<") -> bytes:
    return np.asarray(values, order + "u2").tobytes()


class TestVoiLut:
    def table(self, descriptor: list[int], data: Any, **more: Any) -> Any:
        item = {"LUTDescriptor": descriptor, "LUTData": words(data), **more}
        return read_voi_luts(dataset(VOILUTSequence=[item]), is_signed=False)

    def test_values_outside_take_the_ends(self) -> None:
        (voi,) = self.table([4, 100, 8], [10, 20, 30, 255], LUTExplanation="BONE")
        assert voi.name == "BONE"
        assert apply_window(np.array([-5, 100, 101, 102, 103, 9999]), voi).tolist() == [
            10, 10, 20, 30, 255, 255,
        ]  # fmt: skip

    def test_deep_tables_are_scaled_to_eight_bits(self) -> None:
        (voi,) = self.table([3, 0, 12], [0, 2048, 4095])
        assert apply_window(np.array([0, 1, 2]), voi).tolist() == [0, 128, 255]

    def test_a_first_value_below_zero(self) -> None:
        item = {"LUTDescriptor": [2, 65535, 8], "LUTData": words([1, 255])}
        (voi,) = read_voi_luts(dataset(VOILUTSequence=[item]), is_signed=True)
        assert apply_window(np.array([-1, 0]), voi).tolist() == [1, 255]

    def test_bits_that_are_not_used_do_not_darken(self) -> None:
        (voi,) = self.table([3, 0, 16], [0, 512, 1023])
        assert apply_window(np.array([0, 1, 2]), voi).tolist() == [0, 128, 255]

    def test_what_is_no_number_is_drawn(self) -> None:
        (voi,) = self.table([2, 0, 8], [3, 255])
        assert apply_window(np.array([np.nan, np.inf, -np.inf]), voi).tolist() == [3, 255, 3]

    def test_broken_tables_are_left_out(self) -> None:
        assert self.table([9, 0, 8], [1]) == []
        assert self.table([0, 0], []) == []


class TestOverlays:
    BITS = np.random.default_rng(3).random((5, 7)) > 0.5

    def group(self, bits: Any = None, group: int = 0x6000, **more: Any) -> dict[int, Any]:
        plane = self.BITS if bits is None else bits
        packed = np.packbits(plane.reshape(-1), bitorder="little").tobytes()
        return {"rows": plane.shape[-2], "columns": plane.shape[-1], "data": packed} | more

    def file(self, syntax: str = EXPLICIT_LITTLE, **more: Any) -> Any:
        values: dict[str, Any] = {
            "OverlayRows": 5, "OverlayColumns": 7, "OverlayType": "G", "OverlayOrigin": [1, 1],
            "OverlayBitsAllocated": 1, "OverlayBitPosition": 0, "OverlayLabel": "L",
            "OverlayData": self.group()["data"],
        }  # fmt: skip
        file = read_file(
            native(syntax, **{k: v for k, v in (values | more).items() if v is not None})
        )
        return file.dataset, StoredFrames(file)

    def test_a_plane(self) -> None:
        (overlay,) = read_overlays(*self.file(), 0)
        assert np.array_equal(overlay.bits, self.BITS)
        assert (overlay.group, overlay.kind, overlay.label, overlay.row) == (0x6000, "G", "L", 0)
        drawn = overlay.draw(np.zeros((16, 12), np.uint8))
        assert np.array_equal(drawn[:5, :7] == 255, self.BITS)
        assert drawn.sum() == 255 * self.BITS.sum()

    @pytest.mark.parametrize("origin", [[-2, -3], [14, 10], [99, 99], [-99, 1]])
    def test_planes_that_hang_over_the_edge(self, origin: list[int]) -> None:
        (overlay,) = read_overlays(*self.file(OverlayOrigin=origin), 0)
        drawn = overlay.draw(np.zeros((16, 12), np.uint8))
        for row in range(16):
            for column in range(12):
                r, c = row - origin[0] + 1, column - origin[1] + 1
                inside = 0 <= r < 5 and 0 <= c < 7 and bool(self.BITS[r, c])
                assert (drawn[row, column] == 255) == inside

    def test_words_in_big_endian(self) -> None:
        data = self.group()["data"] + b"\0"
        swapped = np.frombuffer(data, np.uint8).reshape(-1, 2)[:, ::-1].tobytes()
        (overlay,) = read_overlays(*self.file(EXPLICIT_BIG, OverlayData=swapped), 0)
        assert np.array_equal(overlay.bits, self.BITS)

    def test_several_frames(self) -> None:
        planes = np.stack([self.BITS, ~self.BITS])
        more = self.group(planes)
        source = self.file(OverlayData=more["data"], NumberOfFramesInOverlay=2, ImageFrameOrigin=2)
        assert read_overlays(*source, 0) == []
        (first,), (second,) = read_overlays(*source, 1), read_overlays(*source, 2)
        assert np.array_equal(first.bits, self.BITS)
        assert np.array_equal(second.bits, ~self.BITS)
        assert read_overlays(*source, 3) == []

    def test_bits_in_the_pixels(self) -> None:
        pixels = np.zeros((16, 12), np.uint16)
        pixels[3, 4] = 0x8000 | 7
        source = self.file(
            PixelData=pixels.tobytes(), OverlayData=None, OverlayBitsAllocated=16,
            OverlayBitPosition=15, OverlayRows=16, OverlayColumns=12,
        )  # fmt: skip
        (overlay,) = read_overlays(*source, 0)
        assert np.argwhere(overlay.bits).tolist() == [[3, 4]]
        stored_bit = self.file(OverlayData=None, OverlayBitPosition=5)
        assert read_overlays(*stored_bit, 0) == []

    @pytest.mark.parametrize(
        "more",
        [{"OverlayData": b"\1"}, {"OverlayRows": 0}, {"OverlayRows": 65535, "OverlayColumns": 65535},
         {"NumberOfFramesInOverlay": -1}, {"OverlayOrigin": [1]}],
    )  # fmt: skip
    def test_what_makes_no_sense_is_left_out(self, more: dict[str, Any]) -> None:
        for overlay in read_overlays(*self.file(**more), 0):
            overlay.draw(np.zeros((16, 12), np.uint8))


class TestShutters:
    def visible(self, **values: Any) -> Any:
        shutter = read_shutter(dataset(**values), 10, 12)
        return None if shutter is None else shutter.visible

    def test_a_rectangle(self) -> None:
        seen = self.visible(
            ShutterShape="RECTANGULAR", ShutterUpperHorizontalEdge=3, ShutterLowerHorizontalEdge=8,
            ShutterLeftVerticalEdge=2, ShutterRightVerticalEdge=5,
        )  # fmt: skip
        assert np.argwhere(seen).min(axis=0).tolist() == [2, 1]
        assert np.argwhere(seen).max(axis=0).tolist() == [7, 4]

    def test_a_circle(self) -> None:
        seen = self.visible(
            ShutterShape="CIRCULAR", CenterOfCircularShutter=[5, 6], RadiusOfCircularShutter=3
        )
        assert seen[4, 5] and seen[1, 5] and seen[4, 8]
        assert not seen[0, 5] and not seen[1, 8]

    def test_a_polygon(self) -> None:
        seen = self.visible(
            ShutterShape="POLYGONAL", VerticesOfThePolygonalShutter=[1, 1, 1, 12, 10, 1]
        )
        assert seen[1, 1] and not seen[8, 10]
        assert 40 < seen.sum() < 70

    def test_shapes_together_and_the_grey_outside(self) -> None:
        shutter = read_shutter(
            dataset(
                ShutterShape="RECTANGULAR\\CIRCULAR", ShutterUpperHorizontalEdge=1,
                ShutterLowerHorizontalEdge=5, ShutterLeftVerticalEdge=1,
                ShutterRightVerticalEdge=12, CenterOfCircularShutter=[5, 6],
                RadiusOfCircularShutter=3, ShutterPresentationValue=65535,
            ),
            10, 12,
        )  # fmt: skip
        assert shutter is not None
        assert shutter.visible[4, 5] and not shutter.visible[6, 5] and not shutter.visible[0, 0]
        drawn = shutter.apply(np.full((10, 12), 7, np.uint8))
        assert set(np.unique(drawn)) == {7, 255}

    @pytest.mark.parametrize(
        "values",
        [{}, {"ShutterShape": "RECTANGULAR"}, {"ShutterShape": "CIRCULAR"}, {"ShutterShape": "STAR"},
         {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 2]}],
    )  # fmt: skip
    def test_no_shutter(self, values: dict[str, Any]) -> None:
        assert self.visible(**values) is None


class TestPadding:
    def test_a_value_and_a_range(self) -> None:
        pixels = np.array([[0, 5, 9, 10]], np.uint16)
        mask = is_padding(pixels, dataset(PixelPaddingValue=0))
        assert mask is not None and mask.tolist() == [[True, False, False, False]]
        mask = is_padding(pixels, dataset(PixelPaddingValue=10, PixelPaddingRangeLimit=5))
        assert mask is not None and mask.tolist() == [[False, True, True, True]]
        assert is_padding(pixels, dataset()) is None

    def test_signed_pixels_whatever_the_vr(self) -> None:
        pixels = np.array([[-2000, 0]], np.int16)
        mask = is_padding(pixels, dataset(PixelPaddingValue=65536 - 2000))
        assert mask is not None and mask.tolist() == [[True, False]]

    def test_an_automatic_window_does_not_see_it(self) -> None:
        pixels = np.full((16, 12), 1000, np.uint16)
        pixels[:8], pixels[8:, :6] = 0, 1200
        with_padding = read_file(
            native(PixelData=pixels.tobytes(), PixelPaddingValue=0, RescaleIntercept=0)
        )
        picture = render_frame(with_padding, 0, "auto")
        assert picture[12, 2] > 240 and picture[12, 8] < 15


class TestAspect:
    @pytest.mark.parametrize(
        ("values", "aspect"),
        [
            ({"PixelSpacing": [2, 1]}, 2.0),
            ({"PixelSpacing": None, "PixelAspectRatio": "1\\2"}, 0.5),
            ({"PixelSpacing": None}, 1.0),
            ({"PixelSpacing": None, "PixelAspectRatio": "0\\2"}, 1.0),
            ({"PixelSpacing": [9000, 1]}, 1.0),
        ],
    )
    def test_height_by_width(self, values: dict[str, Any], aspect: float) -> None:
        assert pixel_aspect(ImageFile(read_file(native(**values)))) == aspect

    def test_the_picture_has_square_pixels(self) -> None:
        assert render_frame(read_file(native(PixelSpacing=[2, 1])), 0).shape == (32, 12)
        assert render_frame(read_file(native(PixelSpacing=[1, 2])), 0).shape == (16, 24)


class TestColourMaps:
    def test_the_fifteen_of_the_tender(self) -> None:
        wanted = (
            "BLUE-YELLOW, LIGHT BLUE1, LIGHTBLUE2, SEPIA1, SEPIA2, WINERED, YELLOW, GRAY, Apricot, "
            "Carnation, Ether, HotMetal, Lava Waves, Purple Haze, Rainbow"
        )
        assert set(colour_maps.NAMES) == set(wanted.split(", "))
        tables = [colour_maps.colour_map(name) for name in colour_maps.NAMES]
        assert len({table.tobytes() for table in tables}) == 15
        assert all(table.shape == (256, 3) and table.dtype == np.uint8 for table in tables)

    def test_grey_is_grey_and_facts_that_are_published(self) -> None:
        grey = colour_maps.colour_map("GRAY")
        assert np.array_equal(grey, np.repeat(np.arange(256)[:, None], 3, axis=1))
        hot = colour_maps.colour_map("HotMetal")
        assert hot[0].tolist() == [0, 0, 0] and hot[255].tolist() == [255, 255, 0]
        assert hot[146, 0] == 255 and hot[152, 1] == 0
        rainbow = colour_maps.colour_map("Rainbow")
        assert rainbow[0].tolist() == [127, 0, 255] and rainbow[255].tolist() == [255, 0, 0]

    def test_an_unknown_name(self) -> None:
        with pytest.raises(FormatError):
            colour_maps.colour_map("rainbow?")

    def test_the_viewer_draws_the_same(self, tmp_path: Path) -> None:
        source = ROOT / "web/packages/viewer/src/render/palettes.ts"
        compiler = ROOT / "web/node_modules/typescript"
        if not compiler.exists() or shutil.which("node") is None:
            absent("the web workspace is not installed (make install)")
        script = tmp_path / "palettes.mjs"
        plain = subprocess.run(
            ["node", "-e", "const t=require(process.argv[1]),f=require('fs');process.stdout.write("
             "t.transpileModule(f.readFileSync(process.argv[2],'utf8'),{compilerOptions:"
             "{module:'esnext',target:'es2022'}}).outputText)", str(compiler), str(source)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        script.write_text(plain.stdout)
        code = (
            f"const p = await import({json.dumps(script.as_uri())});"
            "console.log(JSON.stringify(Object.fromEntries("
            "p.PALETTE_NAMES.map(n => [n, [...p.paletteOf(n).rgb]]))))"
        )
        out = subprocess.run(
            ["node", "--input-type=module", "-e", code], check=True, capture_output=True, text=True
        )
        theirs = json.loads(out.stdout)
        assert set(theirs) == set(colour_maps.NAMES)
        for name, flat in theirs.items():
            ours = colour_maps.colour_map(name).astype(int).reshape(-1)
            assert np.abs(ours - np.array(flat)).max() <= 1, name


class TestGsdf:
    def test_the_standards_table(self) -> None:
        # PS3.14 table B-1
        for index, luminance in ((1, 0.0500), (2, 0.0547), (3, 0.0594), (1023, 3993.4040)):
            assert gsdf.luminance_of(index) == pytest.approx(luminance, rel=1e-3)

    def test_there_and_back(self) -> None:
        j = np.arange(1, 1024)
        assert np.all(np.diff(gsdf.luminance_of(j)) > 0)
        assert np.abs(gsdf.jnd_index_of(gsdf.luminance_of(j)) - j).max() < 0.2

    def test_equal_steps_for_the_eye(self) -> None:
        shining = gsdf.standard_luminances(256, 0.4, 400)
        steps = np.diff(gsdf.jnd_index_of(shining))
        assert steps.max() / steps.min() < 1.05

    def test_a_calibrated_display_follows_the_function(self) -> None:
        measured = 0.3 + 350 * (np.arange(1024) / 1023) ** 2.2
        table = gsdf.calibration_table(measured)
        assert table[0] == 0 and table[-1] == 1023
        assert np.all(np.diff(table.astype(int)) >= 0)
        plain = np.linspace(0, 1023, 256).astype(np.uint16)
        assert gsdf.greatest_error(measured, table) < 1 < gsdf.greatest_error(measured, plain)

    @pytest.mark.parametrize("curve", [[], [1], [1, np.nan], [[1, 2]], [0, 0], [5, 5]])
    def test_curves_that_are_none(self, curve: Any) -> None:
        with pytest.raises(FormatError):
            gsdf.calibration_table(curve)


class TestSharpen:
    def test_flat_areas_stay_and_edges_rise(self) -> None:
        flat = np.full((9, 9), 77, np.uint8)
        assert np.array_equal(sharpen(flat), flat)
        edge = np.repeat(np.array([[100] * 6 + [150] * 6], np.uint8), 8, axis=0)
        out = sharpen(edge, 1.0).astype(int)
        assert out[4, 5] < 100 and out[4, 6] > 150
        assert out[4, 0] == 100 and out[4, 11] == 150
        assert np.array_equal(sharpen(edge, 0.0), edge)

    def test_blur_keeps_the_mean_and_handles_colour(self) -> None:
        picture = np.random.default_rng(1).random((32, 32, 3)).astype(np.float32)
        assert blur(picture, 2).shape == picture.shape
        assert abs(float(blur(picture, 2).mean() - picture.mean())) < 0.01

    @pytest.mark.parametrize(
        ("amount", "radius"), [(-1, 1), (9, 1), (1, 0), (1, 99), (float("nan"), 1)]
    )
    def test_amounts(self, amount: float, radius: int) -> None:
        with pytest.raises(FormatError):
            sharpen(np.zeros((2, 2), np.uint8), amount, radius)

    @given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 16))
    def test_any_size(self, rows: int, columns: int, radius: int) -> None:
        assert sharpen(np.zeros((rows, columns), np.uint8), 1, radius).shape == (rows, columns)


class TestRendering:
    def test_a_voi_table_is_used_when_there_is_no_window(self) -> None:
        item = {"LUTDescriptor": [4096, 64512, 8], "LUTData": words(np.arange(4096) // 16)}
        file = read_file(native(WindowCenter=None, WindowWidth=None, VOILUTSequence=[item]))
        frame = np.frombuffer(file.dataset.raw("PixelData"), "<u2").reshape(16, 12)
        assert np.array_equal(render_frame(file, 0), frame // 16)
        assert np.array_equal(render_frame(file, 0, "1"), frame // 16)

    def test_monochrome1_is_inverted(self) -> None:
        plain = render_frame(read_file(native()), 0)
        turned = render_frame(read_file(native(PhotometricInterpretation="MONOCHROME1")), 0)
        assert np.array_equal(plain, 255 - turned)

    def test_a_window_beside_the_data_is_not_used(self) -> None:
        picture = render_frame(read_file(native(WindowCenter=90000, WindowWidth=10)), 0)
        assert picture.min() < 20 and picture.max() > 235

    def test_colour_ignores_the_window(self) -> None:
        assert render_frame(read_file(palette()), 0, "1/1").shape == (16, 12, 3)

    @pytest.mark.parametrize(
        "spec", ["", "40", "a/b", "40/0", "nan/5", "1e99/5", "40/1e99", "40/400/1"]
    )
    def test_windows_that_are_none(self, spec: str) -> None:
        with pytest.raises(FormatError):
            parse_window(spec)

    def test_every_real_image_is_drawn(self, shared_dicom: Path) -> None:
        drawn = 0
        for folder in ("modality", "colour", "multiframe", "charset", "broken"):
            for path in sorted(p for p in (shared_dicom / folder).rglob("*") if p.is_file()):
                try:
                    picture = render_frame(read_file(path), 0)
                except ImagingError:
                    continue
                assert picture.dtype == np.uint8
                drawn += 1
                if folder == "modality":
                    assert picture.max() > picture.min(), path.name
        assert drawn > 90
