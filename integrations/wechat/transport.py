"""HTTP to WeChat: time limits that no caller can forget, the switch to another host (a fake, or a
hospital's relay), and errors that keep nothing of the request."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from wechatpy.exceptions import WeChatException

from domain.wechat import WeChatError
from integrations.wechat.accounts import Accounts
from integrations.wechat.policy import error_for

T = TypeVar("T")


class HouseAdapter(HTTPAdapter):
    """Mounted on every session: wechatpy forgets the time limit where it fetches tokens."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        super().__init__(pool_maxsize=8)

    def send(self, request: Any, *arguments: Any, **more: Any) -> Any:
        more["timeout"] = (min(self._accounts.timeout_s, 3.05), self._accounts.timeout_s)
        parts = urlsplit(request.url)
        if self._accounts.base_url and parts.netloc in self._accounts.hosts:
            there = urlsplit(self._accounts.base_url)
            request.url = urlunsplit((there.scheme, there.netloc, parts.path, parts.query, ""))
            more["proxies"] = {}
        return super().send(request, *arguments, **more)


def new_session(accounts: Accounts) -> requests.Session:
    session = requests.Session()
    session.max_redirects = 0  # WeChat's API has no redirects; whoever sends one is not WeChat
    adapter = HouseAdapter(accounts)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def scrubbed(path: str, call: Callable[[], T]) -> T:
    """Run one call. Whatever goes wrong becomes a WeChatError that knows the path and the errcode:
    the exceptions of requests and wechatpy hold the address, and in it appsecret and tokens."""
    failure: WeChatError
    try:
        return call()
    except WeChatError as error:
        failure = error
    except WeChatException as error:
        failure = wechat_error(error.errcode, path)
    except (
        requests.RequestException, json.JSONDecodeError, OSError, ValueError, KeyError, TypeError,
        AttributeError,
    ):  # fmt: skip
        failure = wechat_error(None, path)
    failure.__context__ = failure.__cause__ = None
    raise failure


def wechat_error(errcode: object, path: str) -> WeChatError:
    """By the table; what is no number is no errcode."""
    known = errcode if isinstance(errcode, int) else None
    return error_for(known, path=path, now=datetime.now(UTC))
