"""Addresses to which an authorization may be sent back (RFC 8252, RFC 9700 section 4.1).

What is registered is compared character by character later: nothing is a pattern here.
"""

import re
from urllib.parse import urlsplit

from domain.errors import Invalid

LONGEST = 500
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()+,;=%]+")
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


def check_redirect_uri(uri: str) -> str:
    """The address itself; Invalid says why it may not be registered: https, http on the same
    machine, or an app's own scheme with a dot in it."""
    reason = _why_not(uri)
    if reason:
        raise Invalid("redirect_uri_malformed", f"回调地址不能用:{reason}。", detail=reason)
    return uri


def _why_not(uri: str) -> str:
    if not 0 < len(uri) <= LONGEST or not _PLAIN.fullmatch(uri) or "#" in uri:
        return "含有不允许的字符,或太长"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "格式不对"
    if _OWN_SCHEME.fullmatch(parts.scheme):
        return ""
    if "@" in parts.netloc or not host:
        return "主机名不对"
    if parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK):
        return ""
    return "只能用 https,本机调试可用 http://127.0.0.1"
