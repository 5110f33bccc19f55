"""Small processes for the supervisor to look after."""

import sys
from pathlib import Path

from supervisor.process import Child

# answers 200, or 503 once the file `sick` is there; has a child of its own; notes each start
DOOR = """
import http.server, os, pathlib, subprocess, sys
port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
kid = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
with (folder / "starts").open("a") as starts:
    starts.write(f"{os.getpid()} {kid.pid}\\n")
class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if (folder / "sick").exists() else 200)
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", port), Door).serve_forever()
"""
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(3600)
"""


def door(folder: Path, port: int, name: str = "door") -> Child:
    command = [sys.executable, "-c", DOOR, str(port), str(folder)]
    return Child(name, command, f"http://127.0.0.1:{port}/readyz", folder / f"{name}.log")


def script(folder: Path, text: str, *arguments: str, name: str = "script") -> Child:
    return Child(name, [sys.executable, "-c", text, *arguments], "", folder / f"{name}.log")


def starts_of(folder: Path) -> list[tuple[int, int]]:
    """(pid, pid of its own child) of each start."""
    path = folder / "starts"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(a), int(b)) for a, b in (line.split() for line in lines)]


def is_running(pid: int) -> bool:
    """Whether this process still runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
