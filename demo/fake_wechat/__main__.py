"""`python -m demo.fake_wechat --port N --world FILE`: the fake as a process of its own; FILE is the
JSON of its apps (`{"apps": [...], "current_user": "..."}`)."""

import argparse
import json
import signal
import threading
from pathlib import Path

from demo.fake_wechat.server import FakeWeChat
from demo.fake_wechat.world import App, User, World


def load_world(path: Path) -> World:
    told = json.loads(path.read_text("utf-8"))
    world = World(apps={one["app_id"]: App(**one) for one in told["apps"]})
    world.current_user = told.get("current_user", "")
    if world.current_user:
        world.users[world.current_user] = User(world.current_user)
    return world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--world", type=Path, required=True)
    arguments = parser.parse_args()
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    with FakeWeChat(load_world(arguments.world), arguments.port, pushes=True) as fake:
        print(f"fake WeChat is up: {fake.base_url}", flush=True)
        stopping.wait()


if __name__ == "__main__":
    main()
