"""The one error family that use cases raise.

FilmError                 code, message (Chinese, for people), detail (English, for logs)
├── Refused               the caller asked for something that is not allowed or not valid
│   ├── NotFound          it does not exist, or it is not yours (never told apart)
│   ├── Invalid           the input is wrong; says where
│   ├── Denied            who you are is not established, or you may not do this
│   ├── Conflict          somebody else has changed it meanwhile; read it again, then try again
│   ├── NotAcceptable     the caller takes no form in which we could give it
│   ├── Locked            too many wrong tries; retry_after_s says when
│   └── Gone              it existed and has ended (expired, revoked, withdrawn)
├── Unavailable           a part we need is down or busy; retry_after_s says when to try again
└── Defect                we broke our own rule; always a bug

A code is stable and never carries an HTTP status: each door (`bff/errors.py`, `workers/`)
holds one table from family to its own protocol.
"""


class FilmError(Exception):
    """Base of all errors that use cases raise. Never raised itself."""

    default_code = "error"
    default_message = "系统出错了,请稍后再试。"

    def __init__(
        self, code: str | None = None, message: str | None = None, *, detail: str = ""
    ) -> None:
        if type(self) is FilmError:
            raise TypeError("raise one of FilmError's families, not FilmError itself")
        self.code = code or self.default_code
        self.message = message or self.default_message
        self.detail = detail
        super().__init__(f"{self.code}: {detail or self.message}")


class Refused(FilmError):
    """The caller asked for something that is not allowed or not valid."""

    default_code = "refused"
    default_message = "这个请求不能办理。"


class NotFound(Refused):
    """It does not exist, or it is not the caller's: the two are never told apart."""

    default_code = "not_found"
    default_message = "没有找到。"


class Invalid(Refused):
    """The input is wrong."""

    default_code = "invalid"
    default_message = "填写的内容有误,请检查后再试。"


class NotAcceptable(Refused):
    """It is there, but in no form that the caller takes."""

    default_code = "not_acceptable"
    default_message = "没有对方能接收的格式。"


class Denied(Refused):
    """Who the caller is has not been established, or they may not do this."""

    default_code = "denied"
    default_message = "请先验证身份。"


class Conflict(Refused):
    """Somebody else has changed it since the caller read it."""

    default_code = "conflict"
    default_message = "内容已被别处更改,请刷新后再试。"


class Gone(Refused):
    """It existed and has ended."""

    default_code = "gone"
    default_message = "已失效。"


class Locked(Refused):
    """Too many wrong tries. `retry_after_s` is None when only staff can unlock."""

    default_code = "locked"
    default_message = "输错次数过多,请稍后再试。"

    def __init__(
        self,
        code: str | None = None,
        message: str | None = None,
        *,
        detail: str = "",
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(code, message, detail=detail)
        self.retry_after_s = retry_after_s


class Unavailable(FilmError):
    """A part we need is down or busy."""

    default_code = "unavailable"
    default_message = "系统繁忙,请稍后再试。"

    def __init__(
        self,
        code: str | None = None,
        message: str | None = None,
        *,
        detail: str = "",
        retry_after_s: int = 5,
    ) -> None:
        super().__init__(code, message, detail=detail)
        self.retry_after_s = retry_after_s


class Defect(FilmError):
    """We broke our own rule: always a bug."""

    default_code = "defect"
