"""OAuth 2.0: who may ask (clients), what was granted (grants) and the tokens that came of it.

Codes, secrets and tokens are stored as digests only. A grant is the family: its end ends every
token that came of it, also one that is being issued at the same moment.
"""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from storage.records.client import ApiClient

if TYPE_CHECKING:
    from storage.records.staff import StaffAccount


class OAuthClient(Model):
    """A program of a third party. `secret_sha256` is empty for a public one, which proves itself
    by PKCE alone; `scopes` and `grant_types` are space-separated lists."""

    id = fields.BigIntField(primary_key=True)
    client_id = fields.CharField(max_length=22, unique=True)
    name = fields.CharField(max_length=64, unique=True)
    secret_sha256 = fields.CharField(max_length=64, default="")
    redirect_uris: fields.JSONField[list[str]] = fields.JSONField(default=list)
    scopes = fields.CharField(max_length=200)
    grant_types = fields.CharField(max_length=100)
    per_minute = fields.IntField(default=120)
    per_day = fields.IntField(default=20_000)
    wrong_secrets = fields.IntField(default=0)
    last_wrong_at = fields.DatetimeField(null=True)
    secret_made_at = fields.DatetimeField()
    made_by = fields.CharField(max_length=80)
    revoked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "oauth_client"


class OAuthGrant(Model):
    """What a member of staff allowed a client (`account` and the fields of the code set), or what
    a client has of its own (`account` empty). `ends_at` bounds every refresh."""

    id = fields.BigIntField(primary_key=True)
    client: fields.ForeignKeyRelation[OAuthClient] = fields.ForeignKeyField(
        "models.OAuthClient", related_name="grants", on_delete=fields.CASCADE
    )
    account: fields.ForeignKeyNullableRelation["StaffAccount"] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="oauth_grants", null=True, on_delete=fields.CASCADE
    )
    scope = fields.CharField(max_length=200)
    code_sha256 = fields.CharField(max_length=64, null=True, unique=True)
    code_expires_at = fields.DatetimeField(null=True)
    code_used_at = fields.DatetimeField(null=True)
    redirect_uri = fields.CharField(max_length=500, default="")
    code_challenge = fields.CharField(max_length=128, default="")
    ends_at = fields.DatetimeField(db_index=True)
    revoked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "oauth_grant"
        indexes = (("client_id",), ("account_id",))


class OAuthToken(Model):
    """`kind` is `access` or `refresh`. A refresh token that has been used stays, so that a second
    use is seen."""

    id = fields.BigIntField(primary_key=True)
    grant: fields.ForeignKeyRelation[OAuthGrant] = fields.ForeignKeyField(
        "models.OAuthGrant", related_name="tokens", on_delete=fields.CASCADE
    )
    kind = fields.CharField(max_length=8)
    token_sha256 = fields.CharField(max_length=64, unique=True)
    scope = fields.CharField(max_length=200)
    expires_at = fields.DatetimeField(db_index=True)
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "oauth_token"
        indexes = (("grant_id",),)


async def is_client_live(name: str) -> bool:
    """Whether a third party of this name still has access, by OAuth or by a fixed token."""
    if await OAuthClient.filter(name=name, revoked_at=None).exists():
        return True
    return await ApiClient.filter(name=name, revoked_at=None).exists()
