"""Protection of the studio: who may ask, who may change, and what its pages may load."""

import contextlib
import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patchwright.experiments.dashboard.guard import foreign

TOKEN_HEADER = "x-patchwright-token"  # noqa: S105 - a name
"""Header by which a page proves that it has the token; no page of another origin can send it."""

_READING = ("GET", "HEAD")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Application in front of the studio's.

    Refused are requests under another host name than the server's, from pages of other origins,
    and without the token: the address that is printed has it, the browser then keeps it as a cookie
    that only this server is sent. A request that changes something needs it as a header as well,
    which no form and no page of another origin can send.

    Args:
        app: The studio.
        host: Address on which it is served.
        token: Secret of the server.
        read_only: Whether every change is refused.
    """

    def __init__(self, app: ASGIApp, *, host: str, token: str, read_only: bool = False) -> None:
        self._app, self._host, self._token, self._read_only = app, host, token, read_only
        # cookies are sent to all ports of a host
        self._cookie = f"studio-{hashlib.sha256(token.encode()).hexdigest()[:8]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        reading = scope["method"] in _READING

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent.setdefault(name, value)
                if not reading and message["status"] >= 400:
                    sent["Connection"] = "close"  # the rest of what is refused is not read
            await send(message)

        reason = foreign(headers.get, self._host, reading=reading)
        if reason is None and reading and self._is_token(_in_address(scope)):
            await self._enter(scope, receive, safely)
            return
        reason = reason or self._lacking(headers, reading=reading)
        if reason is not None:
            await PlainTextResponse(reason, 403)(scope, receive, safely)
            return
        await self._app(scope, receive, safely)

    def _lacking(self, headers: Headers, *, reading: bool) -> str | None:
        cookies: SimpleCookie = SimpleCookie()
        with contextlib.suppress(CookieError):
            cookies.load(headers.get("cookie", "")[:4096])
        kept = cookies.get(self._cookie)
        if kept is None or not self._is_token(kept.value):
            return "The token is missing: open the address that 'patchwright studio' printed."
        if reading:
            return None
        if not self._is_token(headers.get(TOKEN_HEADER, "")):
            return "The token is missing: reload the page."
        if self._read_only:
            return "The studio was started with --read-only: start it without to change anything."
        return None

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self._token.encode())

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the token as a cookie, and take it out of the address."""
        answer = RedirectResponse(scope["path"], 303)
        answer.set_cookie(self._cookie, self._token, path="/", httponly=True, samesite="strict")
        await answer(scope, receive, send)


def _in_address(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query[:4096].decode("latin-1")).get("token", [""])[0]
