"""`cloudfilm inspect`, `transcode` and `render`: the imaging core at the command line.

Whatever the bytes are, each file is answered: with its facts or with a code, a message and an
offset. Nothing here knows the rest of the product.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.progress import write_with_bar
from imaging.errors import ImagingError

imaging_app = typer.Typer()
Paths = Annotated[list[Path], typer.Argument(help="files or folders")]
_AHEAD = 64


@imaging_app.command()
def inspect(
    files: Paths,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    as_model: Annotated[bool, typer.Option("--dicom-json", help="the model of PS3.18 F")] = False,
    charset: Annotated[str, typer.Option(help="character set of unlabelled text")] = "",
) -> None:
    """Print the elements of DICOM files, or with --json their facts and pixel hashes."""
    from cli.inspect_facts import facts_of, model_of

    paths = list(find_files(files))
    lines: Iterator[tuple[bytes, bool]]
    if as_json or as_model:
        answer = facts_of if as_json else model_of
        lines = _in_threads(lambda path: _json(answer, path, charset), paths)
    else:
        lines = (_dump(path, charset) for path in paths)
    if any(map(_is_folder, files)):
        is_whole = write_with_bar(lines, len(paths))
    else:
        is_whole = _write_lines(lines)
    raise typer.Exit(0 if is_whole else 1)


def find_files(places: Iterable[Path]) -> Iterator[Path]:
    """Files as they are named, and all below folders, in order; nothing hidden."""
    for place in places:
        if not _is_folder(place):
            yield place
            continue
        for folder, folders, names in os.walk(place):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(folder) / name


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError:  # a name too long, a folder that may not be entered: said of the file
        return False


def _json(answer: Any, path: Path, charset: str) -> tuple[bytes, bool]:
    try:
        facts = answer(path, charset)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the others unanswered
        facts = {"path": str(path), "error": _internal(error)}
    missing = facts.get("error", {}).get("code") == "no_such_file"
    facts["path"] = os.fsencode(facts["path"]).decode("utf-8", "replace")
    return orjson.dumps(_printable(facts)) + b"\n", not missing


def _internal(error: Exception) -> dict[str, Any]:
    return {"code": "internal", "message": type(error).__name__, "offset": None}


def _printable(value: Any) -> Any:
    """Half surrogates cannot be written as UTF-8; NaN becomes null in JSON by itself."""
    if isinstance(value, dict):
        return {key: _printable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_printable(part) for part in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _dump(path: Path, charset: str) -> tuple[bytes, bool]:
    from cli.file_bytes import read_bytes
    from cli.inspect_dump import dump, plain
    from imaging.dicom.reader import read_file

    lines = [f"# {plain(str(path))}"]
    is_answered = True
    try:
        data = read_bytes(path)
        lines += dump(read_file(data, default_charset=charset))
    except ImagingError as error:
        lines.append(f"# {plain(str(error))}")
        is_answered = error.code != "no_such_file"
    except Exception as error:  # noqa: BLE001 - as above
        lines.append(f"# internal: {type(error).__name__}")
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace"), is_answered


def _in_threads(work: Any, paths: list[Path]) -> Iterator[tuple[bytes, bool]]:
    """In order, a bounded number of files ahead: decoding holds no interpreter lock."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start in range(0, len(paths), _AHEAD):
            yield from pool.map(work, paths[start : start + _AHEAD])


def _write_lines(lines: Iterable[tuple[bytes, bool]]) -> bool:
    is_whole = True
    for line, is_answered in lines:
        sys.stdout.buffer.write(line)
        is_whole = is_whole and is_answered
    sys.stdout.buffer.flush()
    return is_whole


@imaging_app.command()
def transcode(
    source: Annotated[Path, typer.Argument(help="a DICOM file")],
    target: Annotated[Path, typer.Argument(help="where to write")],
    to: Annotated[str, typer.Option(help="a name (below) or a UID")] = "explicit",
    offset_table: Annotated[str, typer.Option(help="basic, extended or none")] = "basic",
    quality: Annotated[int, typer.Option(help="of jpeg-baseline, 1 to 100")] = 90,
    near: Annotated[int, typer.Option(help="of jpeg-ls-near: the greatest error, 1 to 127")] = 2,
) -> None:
    """Write a DICOM file in another transfer syntax.

    Every stored value is kept by implicit, explicit, big, deflated, rle, jpeg-lossless,
    jpeg-lossless-14, jpeg-ls, uncompressed-frames and deflated-frames; jpeg-baseline and
    jpeg-ls-near lose some and make an instance of their own.
    """
    from cli.file_bytes import read_bytes
    from imaging.dicom.reader import read_file
    from imaging.dicom.recode import table_named
    from imaging.pixels.encoders import Loss
    from imaging.pixels.transcode import transcode_file

    try:
        table = table_named(offset_table)
        file = read_file(read_bytes(source))
        _write(target, transcode_file(file, to, table=table, loss=Loss(quality, near)))
    except ImagingError as error:
        _refuse(source, error)


@imaging_app.command()
def render(
    source: Annotated[Path, typer.Argument(help="a DICOM file")],
    output: Annotated[Path, typer.Option("-o", "--output", help="a PNG file")],
    window: Annotated[
        str, typer.Option(help="CENTER/WIDTH, the number of one of the file's, file, or auto")
    ] = "file",
    frame: Annotated[int, typer.Option(help="from 1")] = 1,
    palette: Annotated[str, typer.Option(help="name of a pseudo-colour palette")] = "",
    invert: Annotated[bool, typer.Option(help="swap black and white")] = False,
    sharpen: Annotated[float, typer.Option(help="0 (off) to 5")] = 0.0,
) -> None:
    """Draw one frame as a reader sees it, into a PNG file."""
    from cli.file_bytes import read_bytes
    from imaging.dicom.reader import read_file
    from imaging.output.png import encode_png
    from imaging.output.rendering import render_frame

    try:
        file = read_file(read_bytes(source))
        picture = render_frame(
            file, frame - 1, window, palette=palette, is_inverted=invert, sharpness=sharpen
        )
        _write(output, encode_png(picture))
    except ImagingError as error:
        _refuse(source, error)


@imaging_app.command()
def dicomdir(
    folder: Annotated[Path, typer.Argument(help="a folder of DICOM files, as on a disc")],
    file_set: Annotated[str, typer.Option(help="a name of the whole, 16 characters")] = "",
) -> None:
    """Write FOLDER/DICOMDIR over the DICOM files below it; others are named and left out."""
    from cli.file_bytes import read_bytes
    from imaging.dicom.directory_writer import write_directory
    from imaging.dicom.reader import read_file

    found = []
    for path in find_files([folder]):
        if path == folder / "DICOMDIR":
            continue
        try:
            found.append((path.relative_to(folder).parts, read_file(read_bytes(path))))
        except (ImagingError, ValueError) as error:
            print(f"- {path}: {error}", file=sys.stderr)
    try:
        _write(folder / "DICOMDIR", write_directory(found, file_set_id=file_set[:16]))
    except ImagingError as error:
        _refuse(folder, error)
    print(f"{len(found)} files")


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        print(f"✗ {path}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(1) from error


def _refuse(path: Path, error: ImagingError) -> None:
    print(f"✗ {path}: {error}", file=sys.stderr)
    raise typer.Exit(1)
