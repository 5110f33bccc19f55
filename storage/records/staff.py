"""Accounts of doctors and administrators."""

from tortoise import fields
from tortoise.models import Model


class StaffAccount(Model):
    """`state`: pending, approved, rejected, cancelled (tender A4.1)."""

    id = fields.BigIntField(primary_key=True)
    username = fields.CharField(max_length=64, unique=True)
    password_hash = fields.CharField(max_length=200)
    role = fields.CharField(max_length=16)  # domain.access.Role
    state = fields.CharField(max_length=16, default="approved")
    display_name = fields.CharField(max_length=64)
    campus = fields.CharField(max_length=64, default="")
    department = fields.CharField(max_length=64, default="")
    title = fields.CharField(max_length=64, default="")
    staff_number = fields.CharField(max_length=64, default="")
    wrong_tries = fields.IntField(default=0)
    locked_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "staff_account"
