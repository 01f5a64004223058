"""Protection of a local web server from the other pages that a browser has open."""

import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOCAL = {"127.0.0.1", "localhost", "::1"}
"""Names under which a browser on the same machine finds a server."""

_ANY = {"", "0.0.0.0", "::"}  # noqa: S104 - hosts that mean every address of this machine
_READING = {"GET", "HEAD", "OPTIONS"}
_SAFE_TYPES = {
    "audio/x-wav": "audio/wav",
    **{kind: kind for kind in ("audio/wav", "image/png", "image/jpeg")},
}
_HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    # besides the policy of a page itself: both must allow what it does
    ("Content-Security-Policy", "frame-ancestors 'self'; base-uri 'self'; form-action 'self'"),
]


def guarded(pages: WSGIApplication, host: str) -> WSGIApplication:
    """Wrap an application so that only its own pages, and programs of the user, can use it.

    Refused are requests for another host name than that of the server, with which a page pretends
    to have the same origin (DNS rebinding); requests from pages of another origin; and content
    that a page of another origin could send without being asked. Artifacts are sent as sounds and
    pictures, or else as files to download. A port in front of the server, as of a tunnel, may be
    any.

    Args:
        pages: Application to protect.
        host: Address on which it is served.
    """

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        reason = _refusal(environ, host)
        if reason is not None:
            start("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8"), *_HEADERS])
            return [reason.encode()]
        artifact = environ["PATH_INFO"].startswith("/artifacts/")

        def safely(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, _safe_headers(headers, artifact=artifact), *more)

        return pages(environ, safely)

    return answer


def _refusal(environ: WSGIEnvironment, host: str) -> str | None:
    """Return a sentence that says why a request is refused, or None."""

    def header(name: str) -> str | None:
        key = name.upper().replace("-", "_")
        found = environ.get(key if key.startswith("CONTENT_") else f"HTTP_{key}")
        return None if found is None else str(found)

    reading = environ["REQUEST_METHOD"] in _READING
    reason = foreign(header, host, reading=reading)
    if reason is not None:
        return reason
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    sizes = environ.get("CONTENT_LENGTH") or "0", environ.get("HTTP_TRANSFER_ENCODING", "0")
    if not reading and sizes != ("0", "0") and kind != "application/json":
        return "Content must be of type application/json."
    return None


def foreign(header: Callable[[str], str | None], host: str, *, reading: bool) -> str | None:
    """Return a sentence that says why a request is not from the server's own pages, or None.

    Args:
        header: Function that returns a header of the request by its name in lower case; None if
            the request lacks it.
        host: Address on which the server answers.
        reading: Whether the request changes nothing.
    """
    name = (header("host") or "").lower()
    if not _is_own(name, host):
        return f"The host {name!r} is not this server's: open the address that it printed."
    origin = header("origin")
    if origin is None and not reading:
        origin = header("referer")
    if origin is not None and _origin(origin) != f"http://{name}":
        return "Pages of other servers may not use this one: open the address that it printed."
    # a link to a page of this server may be followed
    followed = reading and header("sec-fetch-mode") == "navigate"
    if (header("sec-fetch-site") or "none") not in ("same-origin", "none") and not followed:
        return "Pages of other servers may not use this one: open the address that it printed."
    return None


def _origin(url: str) -> str:
    """Return the origin of a page, in lower case."""
    scheme, separator, rest = url.lower().partition("://")
    return scheme + separator + rest.partition("/")[0]


def _is_own(name: str, host: str) -> bool:
    """Return whether a request's host, such as ``localhost:8080``, is that of a server."""
    try:
        parts = urlsplit(f"//{name}")
        wanted, port = parts.hostname, parts.port
    except ValueError:
        return False
    if wanted is None or parts.netloc != name or "@" in name or port == 0:
        return False
    if wanted in LOCAL or wanted == host.lower():
        return True
    if host not in _ANY:
        return False
    try:
        ip_address(wanted)
    except ValueError:
        return wanted in {socket.gethostname().lower(), socket.getfqdn().lower()}
    return True


def _safe_headers(headers: list[tuple[str, str]], *, artifact: bool) -> list[tuple[str, str]]:
    """Return the headers of a response with those that protect it."""
    kept = [(key, value) for key, value in headers if key.lower() != "access-control-allow-origin"]
    if artifact:
        kinds = [value.partition(";")[0] for key, value in kept if key.lower() == "content-type"]
        safe = _SAFE_TYPES.get(kinds[0].strip().lower()) if kinds else None
        kept = [(key, value) for key, value in kept if key.lower() != "content-type"]
        kept.append(("Content-Type", safe or "application/octet-stream"))
        kept.append(("Content-Security-Policy", "default-src 'none'; sandbox"))
        if safe is None:
            kept.append(("Content-Disposition", "attachment"))
    return kept + _HEADERS
