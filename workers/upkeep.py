"""What renderings need besides jobs: once at the start of a render worker, series that waited for a
decoder are asked for, because an update may have brought it; once a day what older renderings
left behind is deleted, with nonces that are too old to come again and what is over at the
patients' doors."""

import asyncio

import structlog

from assembly.runtime import Runtime
from storage.transactions import db_now
from usecases.entry.sweep_doors import sweep_doors
from usecases.handover.enter_from_app import forget_spent
from usecases.oauth.sweep_ended import sweep_ended
from usecases.rendering.requeue_unsupported import requeue_unsupported
from usecases.rendering.superseded import sweep_superseded

log = structlog.get_logger()

DAY_S = 24 * 3600.0
RETRY_S = 60.0


async def keep_up(runtime: Runtime) -> None:
    """Until cancelled; whatever fails is tried again, the worker goes on meanwhile."""
    is_asked = False
    while True:
        try:
            if not is_asked:
                count = await requeue_unsupported()
                is_asked = True
                if count:
                    log.info("rendering_again", series=count, reason="a decoder has come")
            await sweep_superseded(runtime.objects)
            await forget_spent(await db_now())
            await sweep_ended()
            await sweep_doors()
            await asyncio.sleep(DAY_S)
        except Exception:
            log.warning("upkeep_failed", exc_info=True)
            await asyncio.sleep(RETRY_S)
