"""Routes of the studio: pages, and what their scripts ask for in JSON, WAV and PNG."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from patchwright.experiments.dashboard.guard import LOCAL
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.explored import FREE
from patchwright.experiments.mistakes import MISTAKES, file_fault
from patchwright.experiments.pages.drawing import PALETTE
from patchwright.experiments.pages.templates import PLAYER, templates
from patchwright.experiments.recordings.sound import BANDS, band_position
from patchwright.experiments.studio.asked import json_object, seconds
from patchwright.experiments.studio.choices import wish_sliders
from patchwright.experiments.studio.dropped import TooLargeError, heard_note, waveform
from patchwright.experiments.studio.library import Entry
from patchwright.experiments.studio.run_api import run_routes
from patchwright.experiments.studio.session import Session
from patchwright.experiments.studio.studio import RENDERS, Studio
from patchwright.synths.performance.notes import pitch_name

_STATIC = Path(__file__).parent / "static"
_TICKS = {"200": 200.0, "1k": 1_000.0, "3k": 3_000.0, "8k": 8_000.0}  # Hz
# a report has scripts of its own: it is shown apart from the studio, as if from nowhere
_REPORT = {"Content-Security-Policy": "sandbox allow-scripts allow-downloads allow-popups"}

Answer = Callable[[Request], Awaitable[Response]]


def studio_app(studio: Studio, *, token: str, closing: asyncio.Event | None = None) -> Starlette:
    """Make the application; `Guard` goes before it.

    Args:
        studio: What it serves.
        token: Secret that its pages send with every change.
        closing: Set when streams are to end.
    """
    return Starlette(
        routes=_Routes(studio, token, closing).routes(),
        exception_handlers=dict.fromkeys(MISTAKES, _mistake) | {OSError: _fault},
    )


async def _mistake(request: Request, error: Exception) -> Response:
    status = 413 if isinstance(error, TooLargeError) else 400
    return JSONResponse({"error": str(error)}, status)


async def _fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)  # noqa: S101 - it is registered for these
    said = file_fault(error, room="make room, then try again", other="give the studio access to it")
    return JSONResponse({"error": said}, 500)


class _Routes:
    def __init__(self, studio: Studio, token: str, closing: asyncio.Event | None) -> None:
        self._studio, self._token = studio, token
        self._closing = closing
        self._pages = templates("patchwright.experiments.studio.pages")
        palette = "".join(f"--{name}: {colour};" for name, colour in PALETTE.items())
        common = self._pages.get_template("style.css").render()
        own = (_STATIC / "studio.css").read_text(encoding="utf-8")
        self._style = f":root {{ {palette} }}\n{common}\n{own}"

    def routes(self) -> list[Route | Mount]:
        """List the routes."""
        return [
            Route("/", self.start),
            Route("/library", self.library),
            Route("/runs/{id:str}", self.run),
            Route("/runs/{id:str}/report", self.report),
            Route("/dashboard", self.dashboard),
            Route("/studio.css", self.style),
            Route("/static/player.js", self.player),
            Mount("/static", StaticFiles(directory=_STATIC)),
            Route("/api/sounds", self.drop, methods=["POST"]),
            Route("/api/sounds/{id:str}/note", self.note),
            Route("/api/runs", self.begin, methods=["POST"]),
            *run_routes(self._studio, self._closing),
        ]

    # pages

    async def start(self, request: Request) -> Response:
        choices = await run_in_threadpool(lambda: self._studio.choices)
        entries = await run_in_threadpool(self._studio.library.entries)
        return self._page(
            "start",
            choices=[choice for choice in choices if choice.known],
            others=[choice for choice in choices if not choice.known],
            free=FREE,
            renders=RENDERS,
            most=self._studio.sounds.max_bytes >> 20,
            wishes=wish_sliders(),
            recent=entries[:5],
            ago=_ago,
        )

    async def library(self, request: Request) -> Response:
        entries = await run_in_threadpool(self._studio.library.entries)
        return self._page("library", entries=entries, ago=_ago, folder=str(self._studio.root))

    async def run(self, request: Request) -> Response:
        session = await self._session(request)
        config = session.config
        target = config.target
        if session.state.target_names:
            target_name = ", ".join(session.state.target_names)
        else:
            target_name = target.name
        if target.but is not None and session.state.target_names:
            target_name += f", but {target.but}"
        return self._page(
            "run",
            id=session.id,
            title=session.state.title or session.folder.path.resolve().name,
            target_name=target_name,
            synth=config.synth.name,
            note="" if target.note is None else pitch_name(target.note),
            pitch=60 if target.note is None else target.note,
            ticks=_ticks(config.sr),
            folder=str(session.folder.path),
        )

    async def report(self, request: Request) -> Response:
        session = await self._session(request)
        path = session.folder.report
        if not path.is_file() or path.is_symlink():
            raise ExperimentError("The report is written when the search has ended.")
        return FileResponse(path, media_type="text/html; charset=utf-8", headers=_REPORT)

    async def dashboard(self, request: Request) -> Response:
        if request.url.hostname not in LOCAL:
            raise ExperimentError(
                "Optuna's dashboard opens on the studio's own machine only: start it with "
                "'patchwright dashboard --host HOST'."
            )
        return RedirectResponse(await run_in_threadpool(self._studio.dashboard), 303)

    async def player(self, request: Request) -> Response:
        return FileResponse(PLAYER, media_type="text/javascript")

    async def style(self, request: Request) -> Response:
        return Response(self._style, media_type="text/css")

    def _page(self, name: str, **content: Any) -> Response:
        page = self._pages.get_template(f"{name}.html.j2")
        read_only = self._studio.read_only
        return HTMLResponse(page.render(token=self._token, read_only=read_only, **content))

    # sounds that are dropped

    async def drop(self, request: Request) -> Response:
        name = request.query_params.get("name", "")
        announced = request.headers.get("content-length", "0")
        self._studio.sounds.check_size(int(announced) if announced.isdigit() else 0)
        try:
            sound = await self._studio.sounds.add(name, request.stream())
        except ClientDisconnect:
            return PlainTextResponse("", 400)
        return JSONResponse(await run_in_threadpool(waveform, sound))

    async def note(self, request: Request) -> Response:
        sound = self._studio.sounds.find(request.path_params["id"])
        start, length = (seconds(request, name) for name in ("start", "length"))
        return JSONResponse(await run_in_threadpool(heard_note, sound, start, length))

    # runs

    async def begin(self, request: Request) -> Response:
        order = await json_object(request)
        return JSONResponse({"id": await run_in_threadpool(self._studio.begin, order)})

    async def _session(self, request: Request) -> Session:
        return await run_in_threadpool(self._studio.session, request.path_params["id"])


def _ticks(sr: int) -> list[tuple[str, float]]:
    """Return frequencies beside a spectrogram, with their places from its bottom, 0 to 1."""
    shown = [(text, hz) for text, hz in _TICKS.items() if hz < 0.4 * sr]
    return [(text, round((band_position(hz, sr) + 0.5) / BANDS, 4)) for text, hz in shown]


def _ago(entry: Entry) -> str:
    """Say when a run was changed."""
    then, now = datetime.fromtimestamp(entry.changed), datetime.now()
    minutes = (now - then).total_seconds() / 60
    if minutes < 1.5:
        return "just now"
    if minutes < 60:
        return f"{minutes:.0f} min ago"
    if then.date() == now.date():
        return f"today, {then:%H:%M}"
    return f"{then:%d %b %Y}".lstrip("0")
