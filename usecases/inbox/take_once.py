"""A message is known by its sender and id: the same again changes nothing, another under the same
id is refused. The text is kept, sealed, as the HL7 door keeps its own."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime

from domain.errors import Invalid
from domain.ports import ObjectStore
from storage.records.inbox import InboundMessage
from storage.transactions import in_transaction


class MessageIdReused(Invalid):
    """Something else came under this id before."""

    def __init__(self) -> None:
        super().__init__("message_id_reused", "这个 message_id 已经用于另一条消息,请换一个。")


async def take_once(
    objects: ObjectStore, seal: Callable[[bytes], bytes], raw: bytes, *, sender: str,
    message_id: str, kind: str, sent_at: datetime, take: Callable[[], Awaitable[int]],
) -> None:  # fmt: skip
    """Run `take` unless it has been done. Durable when it returns."""
    sha256 = hashlib.sha256(kind.encode() + b"\0" + raw).hexdigest()
    known = await InboundMessage.filter(sender=sender, control_id=message_id, answer="AA")
    rest = [row for row in known if row.message_type.startswith("REST ")]
    if any(row.sha256 == sha256 for row in rest):
        return
    if rest:
        raise MessageIdReused
    await take()
    key = f"messages/{sha256[:2]}/{sha256}.json"
    await objects.put(key, seal(raw))

    async def remember() -> None:
        await InboundMessage.update_or_create(
            sender=sender,
            control_id=message_id,
            sha256=sha256,
            defaults={
                "message_type": f"REST {kind}",
                "sent_at": sent_at,
                "object_key": key,
                "answer": "AA",
            },
        )

    await in_transaction(remember)
