from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0008_commitment")]

    initial = False

    operations = [
        ops.CreateModel(
            name="OAuthClient",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("client_id", fields.CharField(unique=True, max_length=22)),
                ("name", fields.CharField(unique=True, max_length=64)),
                ("secret_sha256", fields.CharField(default="", max_length=64)),
                (
                    "redirect_uris",
                    fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads),
                ),
                ("scopes", fields.CharField(max_length=200)),
                ("grant_types", fields.CharField(max_length=100)),
                ("per_minute", fields.IntField(default=120)),
                ("per_day", fields.IntField(default=20000)),
                ("wrong_secrets", fields.IntField(default=0)),
                (
                    "last_wrong_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("secret_made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("made_by", fields.CharField(max_length=80)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "oauth_client",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A program of a third party. `secret_sha256` is empty for a public one, which proves itself",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OAuthGrant",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "client",
                    fields.ForeignKeyField(
                        "models.OAuthClient",
                        source_field="client_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="grants",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.StaffAccount",
                        source_field="account_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="oauth_grants",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("scope", fields.CharField(max_length=200)),
                ("code_sha256", fields.CharField(null=True, unique=True, max_length=64)),
                (
                    "code_expires_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "code_used_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("redirect_uri", fields.CharField(default="", max_length=500)),
                ("code_challenge", fields.CharField(default="", max_length=128)),
                (
                    "ends_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "oauth_grant",
                "app": "models",
                "indexes": [Index(fields=["client_id"]), Index(fields=["account_id"])],
                "pk_attr": "id",
                "table_description": "What a member of staff allowed a client (`account` and the fields of the code set), or what",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OAuthToken",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "grant",
                    fields.ForeignKeyField(
                        "models.OAuthGrant",
                        source_field="grant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=8)),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                ("scope", fields.CharField(max_length=200)),
                (
                    "expires_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "oauth_token",
                "app": "models",
                "indexes": [Index(fields=["grant_id"])],
                "pk_attr": "id",
                "table_description": "`kind` is `access` or `refresh`. A refresh token that has been used stays, so that a second",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="UsageCount",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("subject", fields.CharField(max_length=120)),
                (
                    "window_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
                ("length_s", fields.IntField()),
                ("count", fields.IntField(default=0, db_default=0)),
            ],
            options={
                "table": "usage_count",
                "app": "models",
                "unique_together": (("subject", "length_s", "window_at"),),
                "pk_attr": "id",
                "table_description": "`subject` names who and what (`exams:<client>`). Rows of past windows are swept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ViewTicket",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tickets",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("client", fields.CharField(max_length=64)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.StaffAccount",
                        source_field="account_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tickets",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "expires_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "view_ticket",
                "app": "models",
                "indexes": [Index(fields=["exam_id"]), Index(fields=["account_id"])],
                "pk_attr": "id",
                "table_description": "`client` names the third party, `account` the member of staff for whom it asked, if any.",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="ViewingSession",
            options={
                "table": "viewing_session",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A patient's (exam set), a guest's (exam and share set), a member of staff's (account set)",
            },
        ),
        ops.AddField(
            model_name="ViewingSession",
            name="ticket",
            field=fields.ForeignKeyField(
                "models.ViewTicket",
                source_field="ticket_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="sessions",
                on_delete=OnDelete.CASCADE,
            ),
        ),
    ]
