"""C-FIND as a provider (PS3.4 C.4.1, PS3.7 9.1.2): one request, a response for each match, a last
one that says how it ended. What matches is the product's affair (`QueryHandler`)."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message
from dicomnet.dimse.command import response_to
from dicomnet.services.channel import Channel

log = logging.getLogger("dicomnet.query")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks, and by which of our titles."""

    calling_ae: str
    called_ae: str
    address: str


@dataclass(frozen=True, slots=True)
class Question:
    """The identifier of a query or retrieve request, as bytes in its transfer syntax;
    `is_relational` when keys of higher levels may be absent (PS3.4 C.5.1.1.1)."""

    sop_class_uid: str
    transfer_syntax_uid: str
    identifier: bytes
    is_relational: bool
    peer: Peer


@dataclass(frozen=True, slots=True)
class Match:
    """One identifier to answer with; `knows_all_keys` is False when an optional key of the
    request was left out of the matching."""

    identifier: bytes
    knows_all_keys: bool = True


class OperationRefused(Exception):
    """A handler says no: the status of the final response, and why (64 characters of ASCII)."""

    def __init__(self, code: int, comment: str) -> None:
        super().__init__(comment)
        self.code, self.comment = code, comment


class QueryHandler(Protocol):
    """The product's side of a query."""

    def find(self, question: Question) -> AsyncIterator[Match]:
        """Raises OperationRefused, before the first match or after the last that fits."""


async def provide_find(
    channel: Channel, message: Message, question: Question, handler: QueryHandler
) -> None:
    """Answer one C-FIND-RQ to its end."""
    request, context = message.command, message.context_id
    final, comment = status.SUCCESS, ""
    matches = handler.find(question)
    try:
        async for match in matches:
            if channel.is_cancelled(request.message_id):
                final = status.CANCELLED
                break
            code = status.PENDING if match.knows_all_keys else status.PENDING_KEYS_UNSUPPORTED
            response = response_to(request, code, has_data_set=True)
            await channel.send(context, response, match.identifier)
            await asyncio.sleep(0)  # let a cancel be heard
    except OperationRefused as refusal:
        final, comment = refusal.code, refusal.comment
    except (OSError, asyncio.CancelledError):  # the association is gone
        raise
    except Exception:
        log.exception("query failed")
        final, comment = status.UNABLE_TO_PROCESS, "internal error"
    finally:
        aclose = getattr(matches, "aclose", None)
        if aclose is not None:
            await aclose()
    await channel.send(context, response_to(request, final, comment))
