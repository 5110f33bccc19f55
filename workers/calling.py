"""An association of ours with a peer of the configuration: its address, its titles, its TLS."""

import ssl
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache

from dicomnet.transport.client import (
    MAX_RESPONSE,
    Contexts,
    RequestedAssociation,
    open_association,
)
from dicomnet.transport.tls import client_context
from integrations.pacs.peers import Peer


def call_peer(
    peer: Peer, our_ae_title: str, *, contexts: Contexts, scp_roles: Sequence[str] = (),
    max_object_bytes: int = MAX_RESPONSE, timeout_s: float = 0,
) -> AbstractAsyncContextManager[RequestedAssociation]:  # fmt: skip
    """Raises what `open_association` does; OSError also for certificates that cannot be used."""
    return open_association(
        peer.host, peer.port, contexts=contexts, called_ae=peer.ae_title,
        calling_ae=peer.our_ae_title or our_ae_title, scp_roles=scp_roles,
        max_object_bytes=max_object_bytes, timeout_s=timeout_s or peer.timeout_s,
        tls=_context(peer), server_name=peer.tls.server_name if peer.tls else "",
    )  # fmt: skip


@lru_cache(256)
def _context(peer: Peer) -> ssl.SSLContext | None:
    if peer.tls is None:
        return None
    checks_host = peer.habits.names_host_in_certificate
    return client_context(peer.tls.ca, peer.tls.certificate, peer.tls.key, checks_host=checks_host)
