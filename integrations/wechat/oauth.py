"""Web OAuth of the service account, by wechatpy's WeChatOAuth on our transport."""

import requests
from wechatpy.oauth import WeChatOAuth

from domain.wechat import Action, WeChatError, WeChatPerson
from integrations.wechat.accounts import Accounts, ServiceAccount

PATH = "/sns/oauth2/access_token"


def authorize_url(
    account: ServiceAccount, accounts: Accounts, redirect_uri: str, state: str
) -> str:
    """Where the browser goes. It goes there itself, so the host switch stands in the address."""
    oauth = WeChatOAuth(account.app_id, "", redirect_uri, account.scope, state)
    if accounts.base_url:
        oauth.OAUTH_BASE_URL = accounts.base_url.rstrip("/") + "/connect/"
    return str(oauth.authorize_url)


def exchange(
    session: requests.Session, account: ServiceAccount, secret: str, code: str
) -> WeChatPerson:
    """The person of a code; the OAuth tokens are not kept, nothing needs them."""
    oauth = WeChatOAuth(account.app_id, secret, "")
    oauth._http = session
    told = oauth.fetch_access_token(code)
    openid = told["openid"]
    if not isinstance(openid, str) or not openid:
        raise WeChatError(None, Action.RETRY, path=PATH)
    return WeChatPerson(
        app_id=account.app_id,
        openid=openid[:64],
        unionid=str(told.get("unionid") or "")[:64],
        is_snapshot=str(told.get("is_snapshotuser", 0)) not in ("0", "", "False"),
    )
