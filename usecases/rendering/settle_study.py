"""A study that has been quiet is rendered: every series that changed, and a first manifest that
says what is still on its way."""

from storage import outbox
from storage.records.rendition import series_to_render
from storage.transactions import in_transaction


async def settle_study(study_id: int) -> None:
    """Ask for the study's renderings. The outbox waits for the quiet: every new instance moves
    the time at which this runs. Safe to run twice."""

    async def ask() -> None:
        await outbox.want_many("render_series", await series_to_render(study_id))
        await outbox.want("write_manifest", study_id)

    await in_transaction(ask)
