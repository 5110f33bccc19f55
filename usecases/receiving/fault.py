"""Where a fault test may end this process (`CLOUDFILM_FAULT_AT`); nothing without it."""

import os
import signal

PLACES = ("before_fsync", "after_rename", "after_commit", "before_rsp")


def fault_at(place: str) -> None:
    """Die here as by a power cut when the environment says so."""
    if os.environ.get("CLOUDFILM_FAULT_AT") == place:
        os.kill(os.getpid(), signal.SIGKILL)
