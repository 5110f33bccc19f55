"""People as WeChat names them: an `openid` an app, and a `unionid` over the hospital's apps."""

from tortoise import fields
from tortoise.models import Model


class WeChatUser(Model):
    """Natural key: (app_id, openid). Both ids are sealed and found by blind index.

    `dead_at` is set when messages no longer reach the person (43004, 43101, "user block");
    `message_credits` counts one-time subscriptions of the mini-program that are not used up."""

    id = fields.BigIntField(primary_key=True)
    app_id = fields.CharField(max_length=64)
    openid_index = fields.CharField(max_length=64)
    openid_sealed = fields.BinaryField()
    unionid_index = fields.CharField(max_length=64, default="", db_index=True)
    is_mini = fields.BooleanField(default=False)
    is_subscribed = fields.BooleanField(null=True)  # follows the service account, where known
    message_credits = fields.IntField(default=0)
    dead_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "wechat_user"
        unique_together = (("app_id", "openid_index"),)
