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
    # lines that scroll over a terminal are progress enough, and a bar would tear them
    has_bar = any(path.is_dir() for path in files) and not sys.stdout.isatty()
    is_whole = True
    for line, is_answered in _with_progress(lines, len(paths), is_shown=has_bar):
        sys.stdout.buffer.write(line)
        is_whole = is_whole and is_answered
    sys.stdout.buffer.flush()
    raise typer.Exit(0 if is_whole else 1)


def find_files(places: Iterable[Path]) -> Iterator[Path]:
    """Files as they are named, and all below folders, in order; nothing hidden."""
    for place in places:
        if not place.is_dir():
            yield place
            continue
        for folder, folders, names in os.walk(place):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(folder) / name


def _json(answer: Any, path: Path, charset: str) -> tuple[bytes, bool]:
    facts = answer(path, charset)
    missing = facts.get("error", {}).get("code") in ("not_a_file", "unreadable")
    facts["path"] = os.fsencode(facts["path"]).decode("utf-8", "replace")
    return orjson.dumps(_printable(facts)) + b"\n", not missing


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
        is_answered = error.code not in ("not_a_file", "unreadable")
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace"), is_answered


def _in_threads(work: Any, paths: list[Path]) -> Iterator[tuple[bytes, bool]]:
    """In order, a bounded number of files ahead: decoding holds no interpreter lock."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start in range(0, len(paths), _AHEAD):
            yield from pool.map(work, paths[start : start + _AHEAD])


def _with_progress(
    lines: Iterable[tuple[bytes, bool]], total: int, *, is_shown: bool
) -> Iterator[tuple[bytes, bool]]:
    if not is_shown:
        yield from lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("files", total=total)
        for line in lines:
            yield line
            progress.advance(task)


@imaging_app.command()
def transcode(
    source: Annotated[Path, typer.Argument(help="a DICOM file")],
    target: Annotated[Path, typer.Argument(help="where to write")],
    to: Annotated[str, typer.Option(help="a name (see --help of the names) or a UID")] = "explicit",
) -> None:
    """Write a DICOM file in another transfer syntax; pixels are kept exactly.

    Names: implicit, explicit, big, deflated, rle, jpeg-lossless, jpeg-ls.
    """
    from cli.file_bytes import read_bytes
    from imaging.dicom.reader import read_file
    from imaging.pixels.transcode import transcode_file

    try:
        _write(target, transcode_file(read_file(read_bytes(source)), to))
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
