"""The shapes of the open interfaces as JSON Schema: the OpenAPI document's components."""

from typing import Any, get_args

from documents.stamp import CORNERS, MAX_MM, MIN_MM
from domain.exam import ExamStatus, PatientType
from domain.messages import ReportState, Sex
from domain.scopes import SCOPES
from integrations.his.json_facts import LONGEST_TEXT, ORDER_FIELDS, PATIENT_FIELDS, REPORT_FIELDS

Schema = dict[str, Any]

BINARY: Schema = {"type": "string", "format": "binary"}
TIME: Schema = {"type": "string", "format": "date-time"}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
URL: Schema = {"type": "string", "format": "uri"}
PLAIN = r"^[^\u0000-\u001f]*$"
STATUS: Schema = {"type": "string", "enum": [one.value for one in ExamStatus]}
NUMBER: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": PLAIN}


def text(longest: int, about: str = "") -> Schema:
    found: Schema = {"type": "string", "maxLength": longest, "pattern": PLAIN}
    return found | {"description": about} if about else found


def obj(needed: list[str], properties: Schema, *, is_open: bool = False) -> Schema:
    return {
        "type": "object", "required": needed, "properties": properties,
        "additionalProperties": is_open,
    }  # fmt: skip


def _all(properties: Schema) -> Schema:
    """Every property is always there."""
    return obj(list(properties), properties)


_PATIENT = obj(
    ["patient_number"],
    {name: text(size) for name, size in PATIENT_FIELDS.items()}
    | {
        "patient_number": NUMBER,
        "sex": {"type": "string", "enum": list(get_args(Sex))},
        "birth_date": {"type": ["string", "null"], "format": "date"},
    },
)
_MESSAGE: Schema = {
    "message_id": NUMBER | {"description": "唯一编号;同一编号重发不会重复登记"},
    "sent_at": MAYBE_TIME | {"description": "发送时间,带时区;较新的为准"},
    "sender": text(64, "发送系统的名称,默认是客户端名称"),
    "patient": {"$ref": "#/components/schemas/Patient"},
    "accession_number": NUMBER | {"description": "检查号"},
    "patient_type": {"type": "string", "enum": [one.value for one in PatientType]},
}
_NEEDED = ["message_id", "accession_number", "patient"]
_CLIENT: Schema = {
    "client_id": {"type": "string"},
    "name": {"type": "string"},
    "is_public": {"type": "boolean"},
    "scopes": {"type": "array", "items": {"type": "string", "enum": list(SCOPES)}},
    "grant_types": {"type": "array", "items": {"type": "string"}},
    "redirect_uris": {"type": "array", "items": {"type": "string"}},
    "per_minute": {"type": "integer"},
    "per_day": {"type": "integer"},
    "wrong_secrets": {"type": "integer"},
    "last_wrong_at": MAYBE_TIME,
    "secret_made_at": TIME,
    "revoked_at": MAYBE_TIME,
    "created_at": TIME,
}
_EXAM: Schema = {
    "accession_number": {"type": "string"},
    "imaging_number": {"type": "string", "description": "影像号,含义由医院配置"},
    "modality": {"type": "string"},
    "body_part": {"type": "string"},
    "status": STATUS,
    "exam_time": MAYBE_TIME,
    "report_time": MAYBE_TIME,
    "campus": {"type": "string"},
    "viewer_url": URL | {"description": "阅片地址:十分钟内有效,只能打开一次"},
}
_ERROR_FIELDS: Schema = {
    "code": {"type": "string", "description": "stable, for programs"},
    "message": {"type": "string", "description": "Chinese, for people"},
    "request_id": {"type": "string"},
}
SCHEMAS: dict[str, Schema] = {
    "Error": obj(
        ["error"], {"error": obj(list(_ERROR_FIELDS), _ERROR_FIELDS, is_open=True)}, is_open=True
    ),
    "Patient": _PATIENT,
    "Order": obj(
        _NEEDED,
        _MESSAGE
        | {name: text(size) for name, size in ORDER_FIELDS.items()}
        | {
            "scheduled_at": MAYBE_TIME | {"description": "预约时间"},
            "is_cancelled": {"type": "boolean"},
        },
    ),
    "Report": obj(
        _NEEDED,
        _MESSAGE
        | {name: text(size) for name, size in REPORT_FIELDS.items()}
        | {
            "state": {"type": "string", "enum": list(get_args(ReportState)), "default": "final"},
            "reported_at": MAYBE_TIME,
            "findings": {"type": "string", "maxLength": LONGEST_TEXT, "description": "影像所见"},
            "impression": {"type": "string", "maxLength": LONGEST_TEXT, "description": "诊断意见"},
            "reporter": text(64, "报告医生"),
            "reviewer": text(64, "审核医生"),
            "pdf": {
                "type": ["string", "null"],
                "contentEncoding": "base64",
                "contentMediaType": "application/pdf",
            },
        },
    ),
    "Code": _all({"accession_number": {"type": "string"}, "status": STATUS, "code_url": URL}),
    "ImagesBehind": _all(
        {
            "accession_number": {"type": "string"},
            "viewable": {"type": "integer", "minimum": 0},
            "waiting_series": {"type": "integer", "minimum": 0},
        }
    ),
    "IdCard": obj(["id_card"], {"id_card": text(64, "身份证号,18 位")}, is_open=True),
    "Exams": _all({"exams": {"type": "array", "items": _all(_EXAM), "maxItems": 200}}),
    "Opened": _all({"viewer_url": {"type": "string"}}),
    "Nothing": {"type": "object"},
    "NewClient": obj(
        ["name", "scopes"],
        {
            "name": text(64),
            "scopes": _CLIENT["scopes"] | {"minItems": 1},
            "redirect_uris": {"type": "array", "maxItems": 20, "items": URL},
            "is_public": {"type": "boolean"},
            "per_minute": {"type": ["integer", "null"], "minimum": 1, "maximum": 100_000},
            "per_day": {"type": ["integer", "null"], "minimum": 1, "maximum": 100_000_000},
        },
        is_open=True,
    ),
    "Client": _all(_CLIENT),
    "ClientWithSecret": _all(_CLIENT | {"client_secret": {"type": ["string", "null"]}}),
    "Clients": _all({"clients": {"type": "array", "items": _all(_CLIENT)}}),
    "TokenRequest": obj(
        ["grant_type"],
        {
            "grant_type": {
                "type": "string",
                "enum": ["authorization_code", "client_credentials", "refresh_token"],
            },
            "scope": {"type": "string"},
            "code": {"type": "string"},
            "redirect_uri": {"type": "string"},
            "code_verifier": {"type": "string"},
            "refresh_token": {"type": "string"},
            "client_id": {"type": "string"},
            "client_secret": {"type": "string"},
        },
        is_open=True,
    ),
    "Tokens": obj(
        ["access_token", "token_type", "expires_in", "scope"],
        {
            "access_token": {"type": "string", "minLength": 43},
            "token_type": {"type": "string", "enum": ["Bearer"]},
            "expires_in": {"type": "integer"},
            "scope": {"type": "string"},
            "refresh_token": {"type": "string", "minLength": 43},
        },
    ),
    "TokenName": obj(
        ["token"],
        {
            "token": {"type": "string"},
            "token_type_hint": {"type": "string", "enum": ["access_token", "refresh_token"]},
        },
        is_open=True,
    ),
    "TokenFacts": obj(["active"], {"active": {"type": "boolean"}}, is_open=True),
    "OAuthError": obj(
        ["error"],
        {"error": {"type": "string"}, "error_description": {"type": "string"}},
        is_open=True,
    ),
    "Metadata": obj(["issuer", "token_endpoint"], {"issuer": URL, "token_endpoint": URL},
                    is_open=True),
}  # fmt: skip

_MM: Schema = {"type": "number", "minimum": 0, "maximum": 2000}
STAMP_QUERY: dict[str, Schema] = {
    "page": {"type": "string", "pattern": "^([1-9][0-9]{0,3}|last)$"},
    "corner": {"type": "string", "enum": list(CORNERS)},
    "size_mm": {"type": "number", "minimum": MIN_MM, "maximum": MAX_MM},
    "margin_mm": _MM,
    "x_mm": _MM,
    "y_mm": _MM,
}
