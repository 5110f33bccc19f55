"""wechatpy's client of one app, made safe: it never fetches a token itself, never retries itself,
and blocks only threads of our own."""

import asyncio
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import requests
import structlog
from prometheus_client import Counter
from wechatpy.client import WeChatClient

from domain.errors import Defect
from domain.wechat import Action, TokenShelf, WeChatError
from integrations.wechat.accounts import Accounts
from integrations.wechat.token_keeper import Fetched, TokenKeeper
from integrations.wechat.transport import new_session, scrubbed, wechat_error

API = "https://api.weixin.qq.com"
T = TypeVar("T")
ERRORS = Counter("cloudfilm_wechat_errors", "Answers of WeChat that were no", ["errcode", "action"])
LOUD = (Action.ALARM, Action.NEXT_DAY, Action.FAULT)

log = structlog.get_logger()


class HouseClient(WeChatClient):
    """Its token is the one that the calling thread was given."""

    def __init__(self, app_id: str, accounts: Accounts) -> None:
        self._given = threading.local()
        super().__init__(app_id, "", auto_retry=False)
        self._http = new_session(accounts)

    @property
    def access_token(self) -> str:
        token: str = getattr(self._given, "token", "")
        if not token:
            raise Defect("wechat_token_missing")
        return token

    def fetch_access_token(self) -> None:
        raise Defect("wechat_token_fetched")

    def run(self, token: str, call: Callable[["HouseClient"], T]) -> T:
        """`call` with this token, in this thread."""
        self._given.token = token
        try:
            return call(self)
        finally:
            self._given.token = ""


class AppClient:
    """Every call to one app's API goes through here."""

    def __init__(
        self, app_id: str, secret: str, accounts: Accounts, shelf: TokenShelf, holder: str
    ) -> None:
        self.app_id = app_id
        self._secret = secret
        self._client = HouseClient(app_id, accounts)
        self._session = new_session(accounts)
        self._threads = ThreadPoolExecutor(8, f"wechat-{app_id[-4:]}")
        self._limit_s = accounts.timeout_s * 2 + 2
        self.access_tokens = TokenKeeper(
            f"access_token:{app_id}", shelf, self._fetch_stable_token, holder
        )
        self.tickets = TokenKeeper(f"jsapi_ticket:{app_id}", shelf, self._fetch_ticket, holder)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def plain(
        self, path: str, call: Callable[[requests.Session, str], T], *, tries: int = 3
    ) -> T:
        """A call that needs the secret and no token; `call` gets a session and the secret."""

        async def once() -> T:
            return await self._in_thread(path, lambda: call(self._session, self._secret))

        return await _patiently(once, tries)

    async def api(self, path: str, call: Callable[[HouseClient], T], *, tries: int = 3) -> T:
        """A call with access_token. A dead token is dropped and fetched anew once, by one of all
        processes; then the call is made once more and no more."""

        async def once() -> T:
            token = await self.access_tokens.token()
            try:
                return await self._in_thread(path, lambda: self._client.run(token, call))
            except WeChatError as error:
                if error.action is not Action.REFRESH:
                    raise
            await self.access_tokens.drop(token)
            token = await self.access_tokens.token()
            return await self._in_thread(path, lambda: self._client.run(token, call))

        return await _patiently(once, tries)

    async def _in_thread(self, path: str, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._limit_s):
                return await loop.run_in_executor(self._threads, scrubbed, path, call)
        except TimeoutError:
            raise _noted(WeChatError(None, Action.RETRY, path=path)) from None
        except WeChatError as error:
            raise _noted(error) from None

    async def _fetch_stable_token(self) -> Fetched:
        """`stable_token` gives every asker the same one, so that even a second keeper elsewhere
        does not end ours; never with `force_refresh`."""
        path = "/cgi-bin/stable_token"
        body = {"grant_type": "client_credential", "appid": self.app_id, "secret": self._secret}

        def ask() -> Fetched:
            return _fetched(self._session.post(API + path, json=body), "access_token", path)

        return await self._in_thread(path, ask)

    async def _fetch_ticket(self) -> Fetched:
        path = "/cgi-bin/ticket/getticket"

        def ask(client: HouseClient) -> Fetched:
            told = client.get(API + path, params={"type": "jsapi"})
            return Fetched(str(told["ticket"]), float(told["expires_in"]))

        return await self.api(path, ask)


def _fetched(response: requests.Response, name: str, path: str) -> Fetched:
    told = answer_of(response, path)
    return Fetched(str(told[name]), float(told["expires_in"]))


def answer_of(response: requests.Response, path: str) -> dict[str, Any]:
    """The JSON object of a plain call; WeChatError by its errcode. Control bytes in texts are
    WeChat's habit and let through."""
    response.raise_for_status()
    told = json.loads(response.content.decode("utf-8", "ignore"), strict=False)
    if not isinstance(told, dict):
        raise wechat_error(None, path)
    errcode = told.get("errcode", 0)
    if errcode:
        raise wechat_error(errcode, path)
    return told


async def _patiently(once: Callable[[], Any], tries: int) -> Any:
    """Again with jitter while the answer is "busy" or none came."""
    for n in range(tries):
        try:
            return await once()
        except WeChatError as error:
            if error.action is not Action.RETRY or n == tries - 1:
                raise
        await asyncio.sleep(random.uniform(0.1, 0.3) * 2**n)  # noqa: S311
    raise AssertionError("unreachable")


def _noted(error: WeChatError) -> WeChatError:
    ERRORS.labels(str(error.errcode), error.action.value).inc()
    say = log.error if error.action in LOUD else log.info
    say("wechat_refused", path=error.path, errcode=error.errcode, action=error.action.value)
    return error
