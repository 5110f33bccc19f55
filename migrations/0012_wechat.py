from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0011_pulling")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "models.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="consents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.CharField(max_length=22)),
                ("actor", fields.CharField(max_length=80)),
                ("channel", fields.CharField(default="", max_length=16)),
                ("agreed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "withdrawn_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "consent",
                "app": "models",
                "indexes": [Index(fields=["patient_id"])],
                "pk_attr": "id",
                "table_description": "One agreement for a patient. `actor` is the audit's word for who gave it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ConsentText",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("version", fields.CharField(unique=True, max_length=22)),
                ("text", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "consent_text",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Each text that was ever shown, so that a record can be read years later.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GuardianInvitation",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("public_id", fields.CharField(unique=True, max_length=22)),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "models.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="invitations",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("relation", fields.CharField(max_length=16)),
                ("made_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "guardian_invitation",
                "app": "models",
                "indexes": [Index(fields=["patient_id"])],
                "pk_attr": "id",
                "table_description": "One use, for a day. The token is in a link or its QR picture.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SharedToken",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("name", fields.CharField(unique=True, max_length=160)),
                ("value_sealed", fields.BinaryField(null=True)),
                ("value_sha256", fields.CharField(default="", max_length=64)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "claimed_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("claimed_by", fields.CharField(default="", max_length=22)),
                (
                    "resting_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("resting_code", fields.IntField(default=0)),
            ],
            options={
                "table": "shared_token",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`value_sealed` is sealed, `value_sha256` lets a holder say which value it found to be dead.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WeChatPush",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("dedupe_key", fields.CharField(unique=True, max_length=64)),
                ("app_id", fields.CharField(max_length=64)),
                ("body_sealed", fields.BinaryField(null=True)),
                (
                    "created_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=True),
                ),
            ],
            options={
                "table": "wechat_push",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One push, kept until its job has done it. `dedupe_key` is MsgId, or who, when and what.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WeChatUser",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("app_id", fields.CharField(max_length=64)),
                ("openid_index", fields.CharField(max_length=64)),
                ("openid_sealed", fields.BinaryField()),
                ("unionid_index", fields.CharField(default="", db_index=True, max_length=64)),
                ("is_mini", fields.BooleanField(default=False)),
                ("is_subscribed", fields.BooleanField(null=True)),
                ("message_credits", fields.IntField(default=0)),
                ("dead_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "wechat_user",
                "app": "models",
                "unique_together": (("app_id", "openid_index"),),
                "pk_attr": "id",
                "table_description": "Natural key: (app_id, openid). Both ids are sealed and found by blind index.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Binding",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("public_id", fields.CharField(unique=True, max_length=22)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "models.WeChatUser",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bindings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "models.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bindings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("relation", fields.CharField(max_length=16)),
                ("made_by", fields.CharField(max_length=16)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=48)),
                ("self_key", fields.CharField(null=True, unique=True, max_length=24)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "binding",
                "app": "models",
                "indexes": [Index(fields=["user_id"]), Index(fields=["patient_id"])],
                "pk_attr": "id",
                "table_description": "`live_key` (and `self_key`, of the one binding as the patient that a WeChat user may have)",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("public_id", fields.CharField(unique=True, max_length=22)),
                (
                    "report",
                    fields.ForeignKeyField(
                        "models.Report",
                        source_field="report_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "models.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "models.WeChatUser",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("recipient", fields.CharField(max_length=80)),
                ("channel", fields.CharField(max_length=16)),
                ("state", fields.CharField(default="waiting", max_length=16)),
                ("tries", fields.IntField(default=0)),
                ("errcode", fields.IntField(null=True)),
                ("msg_id", fields.CharField(default="", db_index=True, max_length=32)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("settled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notice",
                "app": "models",
                "unique_together": (("report_id", "recipient"),),
                "indexes": [Index(fields=["patient_id"]), Index(fields=["user_id"])],
                "pk_attr": "id",
                "table_description": "One message of one report version to one recipient: natural key (report, recipient).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WeChatLogin",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "models.WeChatUser",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="logins",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("is_mini", fields.BooleanField(default=False)),
                (
                    "paused_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("phone_index", fields.CharField(default="", max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                (
                    "expires_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "wechat_login",
                "app": "models",
                "indexes": [Index(fields=["user_id"])],
                "pk_attr": "id",
                "table_description": "A browser (or mini-program) by the digest of its token. `user` once WeChat has said who it",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EntryTicket",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("ticket_sha256", fields.CharField(unique=True, max_length=64)),
                ("door", fields.CharField(max_length=16)),
                (
                    "session",
                    fields.ForeignKeyField(
                        "models.ViewingSession",
                        source_field="session_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tickets",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "login",
                    fields.ForeignKeyField(
                        "models.WeChatLogin",
                        source_field="login_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tickets",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("target_sealed", fields.BinaryField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                (
                    "expires_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "entry_ticket",
                "app": "models",
                "indexes": [Index(fields=["session_id"]), Index(fields=["login_id"])],
                "pk_attr": "id",
                "table_description": "What it gives: the viewing `session`, the WeChat `login`, or both. Then `target_sealed` is",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WeChatState",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("state_sha256", fields.CharField(unique=True, max_length=64)),
                (
                    "login",
                    fields.ForeignKeyField(
                        "models.WeChatLogin",
                        source_field="login_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="states",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("target_sealed", fields.BinaryField()),
                ("restarts", fields.IntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                (
                    "expires_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
                ("claimed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("outcome", fields.CharField(default="", max_length=16)),
            ],
            options={
                "table": "wechat_state",
                "app": "models",
                "indexes": [Index(fields=["login_id"])],
                "pk_attr": "id",
                "table_description": "OAuth's `state`: one use, bound to the browser that was given it. `target_sealed` is the page",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Report",
            name="noticed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="ViewingSession",
            name="binding",
            field=fields.ForeignKeyField(
                "models.Binding",
                source_field="binding_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="sessions",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        ops.AddField(
            model_name="ViewingSession",
            name="is_waiting",
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
