"""What administrators set up for pages, every version kept: who changed what, and when."""

from tortoise import fields
from tortoise.models import Model


class PageSettings(Model):
    """The newest version of (page, campus) stands. An empty campus is the whole hospital."""

    id = fields.BigIntField(primary_key=True)
    page = fields.CharField(max_length=32)
    campus = fields.CharField(max_length=64, default="")
    version = fields.IntField()
    content: dict[str, object] = fields.JSONField()
    author = fields.CharField(max_length=80)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "page_settings"
        unique_together = (("page", "campus", "version"),)


async def newest_settings(page: str, campus: str) -> PageSettings | None:
    return await PageSettings.filter(page=page, campus=campus).order_by("-version").first()
