"""Rows as the receiver makes them."""

from storage.records.imaging import NewInstance
from storage.records.instance_log import open_instance_log


async def file_instances(*rows: NewInstance) -> None:
    """Commit rows and ask for their indexing, on the open database."""
    log = open_instance_log()
    try:
        await log.insert(list(rows))
    finally:
        await log.close()
