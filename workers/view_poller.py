"""Reads hospital database views: `python -m workers.view_poller --health-port N`. Each view goes at
its own pace: one whose database is down holds up no other."""

from functools import partial
from zoneinfo import ZoneInfo

import structlog

from assembly.runtime import Runtime
from assembly.settings import Settings
from integrations.his.view_link import ViewDown, ViewProblem, read_rows
from integrations.his.views import View, load_views
from usecases.hospital_views.read_view import note_failure, read_view
from workers.rounds import Round, run_process

log = structlog.get_logger()

PAUSES_S = (5.0, 15.0, 60.0, 300.0)


async def poll_once(view: View, runtime: Runtime) -> float:
    """Read it once; how long to wait until the next time."""
    zone = ZoneInfo(runtime.settings.time_zone)
    try:
        done = await read_view(runtime.objects, runtime.sealer, view, read_rows, zone)
    except (ViewDown, ViewProblem) as error:
        failures = await note_failure(view, str(error))
        log.warning(
            "view_failed", view=view.name, error=str(error), failures=failures,
            must_be_mended=isinstance(error, ViewProblem),
        )  # fmt: skip
        return max(PAUSES_S[min(failures, len(PAUSES_S)) - 1], view.poll_s)
    if done.taken or done.refused:
        log.info("view_read", view=view.name, taken=done.taken, refused=done.refused)
    return view.poll_s


def rounds_of(settings: Settings) -> dict[str, Round]:
    """A round a view."""
    return {view.name: partial(poll_once, view) for view in load_views(settings.views_file)}


if __name__ == "__main__":
    run_process("views", __doc__, rounds_of)
