"""Third-party systems that call our API with a bearer token."""

from tortoise import fields
from tortoise.models import Model


class ApiClient(Model):
    """A RIS or other system. `scopes` is a space-separated list such as `ris`."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=64, unique=True)
    token_sha256 = fields.CharField(max_length=64, unique=True)
    scopes = fields.CharField(max_length=200)
    revoked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "api_client"
