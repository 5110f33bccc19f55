"""Which foreign pages may ask the machine doors from a browser (CORS, Fetch standard 3.2): those of
the setting `CLOUDFILM_WEB_ORIGINS`. They come with a bearer token, never with our cookie."""

from sanic.request import Request
from sanic.response import HTTPResponse

from bff.context import runtime_of

# /oauth/authorize is a page of ours and stays out: nobody else's script has to read it
DOORS = (
    "/dicomweb", "/fhir", "/api/open/", "/oauth/token", "/oauth/revoke",
    "/.well-known/oauth-authorization-server",
)  # fmt: skip
METHODS, HEADERS = "GET, HEAD, POST", "Accept, Authorization, Content-Type, If-None-Match, Range"
SHOWN = "Content-Location, Content-Range, ETag, Warning, X-Request-Id"
PREFLIGHT_S = 600


def allow_origin(request: Request, response: HTTPResponse) -> None:
    """Say so where the origin is one of the setting's."""
    origin = request.headers.get("origin")
    if origin is None or not str(request.path).startswith(DOORS):
        return
    response.headers["Vary"] = ", ".join(
        filter(None, (str(response.headers.get("Vary", "")), "Origin"))
    )
    allowed = runtime_of(request).settings.web_origins.split(",")
    if origin not in (one.strip().rstrip("/") for one in allowed if one.strip()):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = SHOWN
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_S)
