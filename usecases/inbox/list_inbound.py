"""The log of what came in, for those who look after the links."""

from storage.records.inbox import InboundMessage


async def list_inbound(
    *, sender: str = "", only_problems: bool = False, limit: int = 50
) -> list[InboundMessage]:
    """Newest first. Nothing in these rows names a person."""
    rows = InboundMessage.all()
    if sender:
        rows = rows.filter(sender=sender)
    if only_problems:
        rows = rows.exclude(answer="AA")
    return await rows.order_by("-id").limit(limit)
