"""How far each hospital view has been read."""

from tortoise import fields
from tortoise.models import Model


class ViewMark(Model):
    """Natural key: the view's name. Everything up to `mark` (the view's own time stamps) has been
    taken, so that a restart goes on from there."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=64, unique=True)
    mark = fields.DatetimeField(null=True)
    rows_taken = fields.BigIntField(default=0)
    rows_refused = fields.BigIntField(default=0)
    last_read_at = fields.DatetimeField(null=True)
    failures = fields.IntField(default=0)  # in a row
    last_error = fields.CharField(max_length=300, default="")

    class Meta:
        table = "view_mark"
