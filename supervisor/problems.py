"""What keeps the product from starting, in one clear sentence each (Chinese and English)."""

import os
import shutil
import socket
from pathlib import Path


class CannotStart(Exception):
    """One sentence for the person at the terminal; the process exits with status 2."""


def check_port(host: str, port: int, what: str) -> None:
    """Nobody else may listen where we are about to."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"端口 {port} 已被占用({what}),请换一个:make demo PORT=其他端口。"
                f" Port {port} ({what}) is busy: choose another with PORT=."
            ) from error


def check_folder(folder: Path) -> None:
    """The data folder must take files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"数据文件夹 {folder} 不能写入({os.strerror(error.errno or 0)})。"
            f" The data folder cannot be written."
        ) from error


def check_pages(folder: Path) -> None:
    """The pages must have been built; they need Node once."""
    if (folder / "patient" / "index.html").is_file():
        return
    if shutil.which("node") is None:
        raise CannotStart(
            "没有找到 Node.js 20,页面无法构建,请先安装。 Node.js 20 is missing: install it first."
        )
    raise CannotStart(
        "页面尚未构建,请先运行 make install。 The pages are not built: run make install."
    )
