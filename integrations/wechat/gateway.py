"""`domain.wechat.WeChat` on the real platform (or a fake of it)."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

import requests
from wechatpy.client.api.jsapi import WeChatJSAPI

from domain.errors import NotFound
from domain.wechat import Action, Profile, TokenShelf, WeChatError, WeChatPerson
from integrations.wechat import oauth, push
from integrations.wechat.accounts import Accounts, MiniProgram, ServiceAccount
from integrations.wechat.client import API, AppClient, HouseClient, answer_of

ENV_VERSIONS = {"formal": "release", "developer": "develop"}


class WeChatGateway:
    """Open for a process' life; `close` lets its threads go."""

    def __init__(self, accounts: Accounts, shelf: TokenShelf) -> None:
        self._accounts = accounts
        holder = secrets.token_hex(8)
        service, mini = accounts.service, accounts.mini

        def app(one: ServiceAccount | MiniProgram | None) -> AppClient | None:
            if one is None:
                return None
            return AppClient(one.app_id, one.secret, accounts, shelf, holder)

        self._service, self._mini = app(service), app(mini)

    def close(self) -> None:
        for app in (self._service, self._mini):
            if app is not None:
                app.close()

    def _house(self) -> tuple[ServiceAccount, AppClient]:
        if self._accounts.service is None or self._service is None:
            raise NotFound("wechat_not_configured", "医院没有开通这个微信入口。")
        return self._accounts.service, self._service

    def _program(self) -> tuple[MiniProgram, AppClient]:
        if self._accounts.mini is None or self._mini is None:
            raise NotFound("wechat_not_configured", "医院没有开通小程序。")
        return self._accounts.mini, self._mini

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        return oauth.authorize_url(self._house()[0], self._accounts, redirect_uri, state)

    async def exchange_code(self, code: str) -> WeChatPerson:
        account, app = self._house()
        return await app.plain(
            oauth.PATH, lambda session, secret: oauth.exchange(session, account, secret, code)
        )

    async def login_mini(self, js_code: str) -> WeChatPerson:
        """`jscode2session` without the app's token, which wechatpy would add. `session_key` stays
        behind: nothing here deciphers data with it."""
        account, app = self._program()
        path = "/sns/jscode2session"

        def ask(session: requests.Session, secret: str) -> WeChatPerson:
            query = {
                "appid": account.app_id, "secret": secret, "js_code": js_code,
                "grant_type": "authorization_code",
            }  # fmt: skip
            told = answer_of(session.get(API + path, params=query), path)
            openid, unionid = str(told["openid"]), str(told.get("unionid") or "")
            return WeChatPerson(account.app_id, openid[:64], unionid[:64], is_mini=True)

        return await app.plain(path, ask)

    async def phone_number(self, code: str) -> str:
        """Without the country code; "" when WeChat gives none of China's."""
        _, app = self._program()
        told = await self._post(app, "/wxa/business/getuserphonenumber", {"code": code})
        info = told.get("phone_info") or {}
        return str(info.get("purePhoneNumber", "")) if info.get("countryCode") == "86" else ""

    async def profile(self, openid: str) -> Profile:
        _, app = self._house()
        path = "/cgi-bin/user/info"
        told = await app.api(path, lambda c: c.get(API + path, params={"openid": openid}))
        return Profile(bool(told.get("subscribe")), str(told.get("unionid") or "")[:64])

    async def sign_page(self, url: str) -> dict[str, Any]:
        """`wx.config`'s values for a page; the part after # is not signed."""
        account, app = self._house()
        ticket = await app.tickets.token()
        nonce, stamp = secrets.token_hex(8), int(time.time())
        return {
            "appId": account.app_id, "timestamp": stamp, "nonceStr": nonce,
            "signature": sign(nonce, ticket, stamp, url.split("#", 1)[0]),
        }  # fmt: skip

    async def send_template(
        self, openid: str, *, data: Mapping[str, str], url: str, message_id: str
    ) -> str:
        """The message's id, which TEMPLATESENDJOBFINISH will name. `client_msg_id` makes a send
        whose answer was lost the same message. One try: the outbox has the patience."""
        account, app = self._house()
        body = {
            "touser": openid, "template_id": account.template_id, "url": url,
            "client_msg_id": message_id, "data": _values(data),
        }  # fmt: skip
        told = await self._post(app, "/cgi-bin/message/template/send", body, tries=1)
        return str(told.get("msgid", ""))[:32]

    async def send_subscribe(self, openid: str, *, data: Mapping[str, str], page: str) -> None:
        account, app = self._program()
        body = {
            "touser": openid, "template_id": account.template_id, "page": page, "lang": "zh_CN",
            "miniprogram_state": account.state, "data": _values(data),
        }  # fmt: skip
        await self._post(app, "/cgi-bin/message/subscribe/send", body, tries=1)

    async def code_picture(self, scene: str, page: str) -> bytes:
        """A mini-program code; JSON instead of a picture is an error (raised as such)."""
        account, app = self._program()
        path = "/wxa/getwxacodeunlimit"
        body = {
            "scene": scene, "page": page, "check_path": False, "width": 430,
            "env_version": ENV_VERSIONS.get(account.state, "trial"),
        }  # fmt: skip

        def ask(client: HouseClient) -> bytes:
            told = client.post(API + path, data=body)
            if not isinstance(told, requests.Response):
                raise WeChatError(None, Action.RETRY, path=path)
            return told.content

        return await app.api(path, ask)

    async def url_link(self, page: str, query: str) -> str:
        """Opens the mini-program from a text message or a browser; thirty days."""
        _, app = self._program()
        body = {"path": page, "query": query, "expire_type": 1, "expire_interval": 30}
        return str((await self._post(app, "/wxa/generate_urllink", body))["url_link"])

    async def scheme(self, page: str, query: str) -> str:
        _, app = self._program()
        body = {
            "jump_wxa": {"path": page, "query": query}, "expire_type": 1, "expire_interval": 30,
        }  # fmt: skip
        return str((await self._post(app, "/wxa/generatescheme", body))["openlink"])

    def check_url(self, query: Mapping[str, str]) -> bool:
        return push.check_url(self._house()[0], query)

    def open_push(self, query: Mapping[str, str], body: bytes) -> dict[str, str]:
        return push.open_push(self._house()[0], query, body)

    async def _post(
        self, app: AppClient, path: str, body: Mapping[str, Any], *, tries: int = 3
    ) -> dict[str, Any]:
        def ask(client: HouseClient) -> dict[str, Any]:
            told = client.post(API + path, data=dict(body))
            if not isinstance(told, dict):
                raise WeChatError(None, Action.RETRY, path=path)
            return told

        return await app.api(path, ask, tries=tries)


def _values(data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"value": value} for name, value in data.items()}


def sign(nonce: str, ticket: str, stamp: int, url: str) -> str:
    """By wechatpy's signer."""
    return str(WeChatJSAPI(None).get_jsapi_signature(nonce, ticket, stamp, url))
