"""A third party's program is registered, gets a new secret, is revoked. Secrets are shown once."""

import secrets
from dataclasses import dataclass

from domain.errors import Invalid, NotFound
from domain.redirects import check_redirect_uri
from domain.scopes import STAFF_SCOPES, scopes_in, unknown_scopes
from storage.records.audit import AuditEntry
from storage.records.client import ApiClient
from storage.records.oauth import OAuthClient
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction

GRANT_TYPES = ("authorization_code", "client_credentials", "refresh_token")
MAX_REDIRECTS = 20
MAX_PER_MINUTE, MAX_PER_DAY = 100_000, 100_000_000


@dataclass(frozen=True, slots=True)
class Registration:
    """What an administrator fills in. With redirect addresses staff can allow it access
    (authorization code); a program that keeps no secret (`is_public`) has no access of its own."""

    name: str
    scopes: str
    redirect_uris: tuple[str, ...] = ()
    is_public: bool = False
    per_minute: int = 120
    per_day: int = 20_000

    def grant_types(self) -> str:
        kinds = ["authorization_code", "refresh_token"] if self.redirect_uris else []
        return " ".join(kinds if self.is_public else [*kinds, "client_credentials"])


def new_secret() -> str:
    """256 bits."""
    return secrets.token_urlsafe(32)


def check_registration(asked: Registration) -> None:
    """Invalid says what to change."""
    if not 0 < len(asked.name) <= 64 or not asked.name.isprintable():
        raise Invalid("client_name_malformed", "请填写名称,最长 64 个字。")
    unknown = unknown_scopes(asked.scopes)
    if unknown or not asked.scopes.split():
        raise Invalid("scope_unknown", "请选择权限范围。", detail=f"unknown scopes: {unknown}")
    if len(asked.redirect_uris) > MAX_REDIRECTS:
        raise Invalid("too_many_redirect_uris", f"回调地址最多 {MAX_REDIRECTS} 个。")
    for uri in asked.redirect_uris:
        check_redirect_uri(uri)
    if asked.is_public and not asked.redirect_uris:
        raise Invalid("redirect_uri_missing", "不保管密钥的程序要填写回调地址。")
    if asked.is_public and not set(asked.scopes.split()) <= STAFF_SCOPES:
        raise Invalid("scope_not_for_public", "不保管密钥的程序只能读取,不能写入。")
    if not (1 <= asked.per_minute <= MAX_PER_MINUTE and 1 <= asked.per_day <= MAX_PER_DAY):
        raise Invalid("quota_range", "每分钟和每天的次数要大于 0。")


async def register_client(asked: Registration, *, by: str) -> tuple[OAuthClient, str]:
    """The row and its secret ("" for a public client). A name that is taken is refused: the audit
    knows clients by name."""
    check_registration(asked)
    secret = "" if asked.is_public else new_secret()

    async def write() -> OAuthClient:
        if await is_name_taken(asked.name):
            raise Invalid("client_name_taken", "这个名称已经用过,请换一个。")
        client = await OAuthClient.create(
            client_id=new_token(),
            name=asked.name,
            secret_sha256=sha256_hex(secret) if secret else "",
            redirect_uris=list(asked.redirect_uris),
            scopes=" ".join(scopes_in(asked.scopes)),
            grant_types=asked.grant_types(),
            per_minute=asked.per_minute,
            per_day=asked.per_day,
            secret_made_at=await db_now(),
            made_by=by,
        )
        await AuditEntry.create(actor=by, action="oauth_client_made")
        return client

    return await in_transaction(write), secret


async def is_name_taken(name: str) -> bool:
    if await OAuthClient.filter(name=name).exists():
        return True
    return await ApiClient.filter(name=name).exists()


async def client_named(client_id: str) -> OAuthClient:
    """By its public id; NotFound."""
    client = await OAuthClient.get_or_none(client_id=client_id) if len(client_id) <= 22 else None
    if client is None:
        raise NotFound("client_not_found", "没有这个客户端。")
    return client


async def list_clients() -> list[OAuthClient]:
    """Newest first."""
    return await OAuthClient.all().order_by("-id").limit(500)


async def rotate_secret(client_id: str, *, by: str) -> tuple[OAuthClient, str]:
    """A new secret; the old one ends at once. Tokens live on until they expire."""
    client = await client_named(client_id)
    if client.revoked_at is not None:
        raise Invalid("client_revoked", "这个客户端已停用。")
    if not client.secret_sha256:
        raise Invalid("client_public", "这个客户端不保管密钥。")
    secret = new_secret()
    client.secret_sha256, client.secret_made_at = sha256_hex(secret), await db_now()
    client.wrong_secrets = 0
    await client.save(update_fields=["secret_sha256", "secret_made_at", "wrong_secrets"])
    await AuditEntry.create(actor=by, action="oauth_secret_made")
    return client, secret


async def revoke_client(client_id: str, *, by: str) -> OAuthClient:
    """It and everything that was issued to it end at once; again is once."""
    client = await client_named(client_id)
    if client.revoked_at is None:
        client.revoked_at = await db_now()
        await client.save(update_fields=["revoked_at"])
        await AuditEntry.create(actor=by, action="oauth_client_revoked")
    return client
