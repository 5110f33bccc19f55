"""A WeChat person becomes a row of ours, sealed, found again by blind index."""

from domain.ports import Sealer
from domain.wechat import WeChatPerson
from storage import outbox
from storage.records.wechat_user import WeChatUser
from storage.transactions import in_transaction

OPENID, UNIONID = "wechat.openid", "wechat.unionid"


async def person_row(sealer: Sealer, person: WeChatPerson) -> WeChatUser:
    """Found or made; a unionid that comes later is added."""
    openid = sealer.blind_index(person.openid, purpose=OPENID)
    unionid = sealer.blind_index(person.unionid, purpose=UNIONID) if person.unionid else ""

    async def find_or_make() -> WeChatUser:
        user, is_new = await WeChatUser.get_or_create(
            app_id=person.app_id,
            openid_index=openid,
            defaults={
                "openid_sealed": sealer.seal(person.openid, purpose=OPENID),
                "unionid_index": unionid,
                "is_mini": person.is_mini,
            },
        )
        if unionid and user.unionid_index != unionid:
            user.unionid_index = unionid
            await user.save(update_fields=["unionid_index"])
        if is_new and not person.is_mini:
            await outbox.want("wechat_profile", user.id)
        return user

    return await in_transaction(find_or_make)


async def same_person(user: WeChatUser) -> list[int]:
    """The ids of this person's rows in all of the hospital's apps."""
    if not user.unionid_index:
        return [user.id]
    ids = await WeChatUser.filter(unionid_index=user.unionid_index).values_list("id", flat=True)
    return [int(str(one)) for one in ids]


def openid_of(sealer: Sealer, user: WeChatUser) -> str:
    return sealer.unseal(bytes(user.openid_sealed), purpose=OPENID)
