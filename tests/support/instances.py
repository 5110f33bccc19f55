"""Rows that the receiver would have written."""

from storage.records.imaging import NewInstance
from storage.records.instance_log import open_instance_log


async def file_instances(*rows: NewInstance) -> None:
    """File them by the receiver's own path, in one commit."""
    log = open_instance_log()
    try:
        await log.insert(list(rows))
    finally:
        await log.close()
