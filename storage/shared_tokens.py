"""`domain.wechat.TokenShelf` on the database: sealed values, a lease for the one who fetches."""

from datetime import timedelta

from domain.ports import Sealer
from domain.wechat import HeldToken
from storage.records.shared_token import SharedToken, claim, ensure_row
from storage.tokens import sha256_hex
from storage.transactions import db_now

PURPOSE = "shared_token"


class SharedTokens:
    """All processes on one database share its tokens."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def read(self, name: str) -> HeldToken:
        row, now = await SharedToken.get_or_none(name=name), await db_now()
        if row is None:
            await ensure_row(name)
            return HeldToken("", 0, 0, 0)
        life_s = (row.expires_at - now).total_seconds() if row.expires_at else 0.0
        resting_s = (row.resting_until - now).total_seconds() if row.resting_until else 0.0
        value = ""
        if row.value_sealed is not None and life_s > 0:
            value = self._sealer.unseal(bytes(row.value_sealed), purpose=PURPOSE)
        return HeldToken(value, max(life_s, 0), max(resting_s, 0), row.resting_code)

    async def claim(self, name: str, holder: str, lease_s: float) -> bool:
        now = await db_now()
        return await claim(name, holder, now=now, until=now + timedelta(seconds=lease_s))

    async def put(self, name: str, value: str, life_s: float) -> None:
        await SharedToken.filter(name=name).update(
            value_sealed=self._sealer.seal(value, purpose=PURPOSE),
            value_sha256=sha256_hex(value),
            expires_at=await db_now() + timedelta(seconds=life_s),
            claimed_until=None,
            resting_until=None,
            resting_code=0,
        )

    async def drop(self, name: str, value: str) -> None:
        await SharedToken.filter(name=name, value_sha256=sha256_hex(value)).update(
            value_sealed=None, value_sha256="", expires_at=None
        )

    async def rest(self, name: str, seconds: float, code: int) -> None:
        until = await db_now() + timedelta(seconds=seconds) if seconds else None
        await SharedToken.filter(name=name).update(
            claimed_until=None, resting_until=until, resting_code=code if seconds else 0
        )
