"""Accounts of staff and tokens of third parties."""

from domain.errors import Invalid
from storage.records.client import ApiClient
from storage.records.staff import StaffAccount
from storage.tokens import new_token, sha256_hex
from usecases.staff.sign_in import hash_password

ROLES = ("admin", "doctor")


async def make_account(username: str, password: str, role: str, display_name: str) -> None:
    """Make the account, or give the existing one this password."""
    if role not in ROLES:
        raise Invalid("role_unknown", detail=f"role must be one of {ROLES}")
    await StaffAccount.update_or_create(
        username=username,
        defaults={
            "password_hash": await hash_password(password),
            "role": role,
            "display_name": display_name,
        },
    )


async def make_client(name: str, scopes: str) -> str:
    """A new token for this client; an older one of the same name ends."""
    token = new_token()
    await ApiClient.update_or_create(
        name=name,
        defaults={"token_sha256": sha256_hex(token), "scopes": scopes, "revoked_at": None},
    )
    return token
