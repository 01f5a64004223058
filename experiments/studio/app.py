"""Routes of the studio: pages, and what their scripts ask for in JSON, WAV and PNG."""

import asyncio
import contextlib
import json
import math
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
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
    StreamingResponse,
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
from patchwright.experiments.studio.choices import wish_sliders
from patchwright.experiments.studio.dropped import TooLargeError, heard_note, waveform
from patchwright.experiments.studio.library import Entry
from patchwright.experiments.studio.open_run import TARGET
from patchwright.experiments.studio.session import Session
from patchwright.experiments.studio.studio import RENDERS, Studio
from patchwright.synths.performance.notes import pitch_name
from patchwright.synths.whole_file import safe_name

_STATIC = Path(__file__).parent / "static"
_MAX_JSON = 2**18  # bytes of a request
_PAUSE = 0.25  # s between two looks at a run
_BREATH = 15.0  # s after which a silent stream says that it lives
_TICKS = {"200": 200.0, "1k": 1_000.0, "3k": 3_000.0, "8k": 8_000.0}  # Hz
_MIME = {".wav": "audio/wav", ".json": "application/json"}
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
        run = "/api/runs/{id:str}"
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
            Route(run, self.view),
            Route(f"{run}/events", self.events),
            Route(f"{run}/search", self.search, methods=["POST"]),
            Route(f"{run}/branch", self.branch, methods=["POST"]),
            Route(f"{run}/strands", self.strands, methods=["POST"]),
            Route(f"{run}/about", self.about, methods=["POST"]),
            Route(f"{run}/bend/{{key:str}}", self.bend, methods=["POST"]),
            Route(f"{run}/sounds/{{key:str}}", self.sound),
            Route(f"{run}/pictures/{{key:str}}", self.picture),
            Route(f"{run}/words/{{key:str}}", self.words),
            Route(f"{run}/knobs/{{key:str}}", self.knobs),
            Route(f"{run}/sweep/{{key:str}}", self.sweep),
            Route(f"{run}/keep/{{key:str}}", self.keep),
            Route(f"{run}/install/{{key:str}}", self.planned),
            Route(f"{run}/install/{{key:str}}", self.install, methods=["POST"]),
            Route(f"{run}/undo-installs", self.undo_installs, methods=["POST"]),
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
        start, length = (_seconds(request, name) for name in ("start", "length"))
        return JSONResponse(await run_in_threadpool(heard_note, sound, start, length))

    # runs

    async def begin(self, request: Request) -> Response:
        order = await _json(request)
        return JSONResponse({"id": await run_in_threadpool(self._studio.begin, order)})

    async def branch(self, request: Request) -> Response:
        session, order = await self._session(request), await _json(request)
        number = await run_in_threadpool(self._studio.branch, session, order)
        return JSONResponse({"id": number})

    async def view(self, request: Request) -> Response:
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(session.view))

    async def events(self, request: Request) -> Response:
        """Stream the view of a run, each time that it changed."""
        session = await self._session(request)
        await run_in_threadpool(session.open_soon)

        async def stream() -> AsyncIterator[str]:
            last, silent = "", 0.0
            while self._closing is None or not self._closing.is_set():
                now = json.dumps(await run_in_threadpool(session.view))
                if now != last:
                    last, silent = now, 0.0
                    yield f"data: {now}\n\n"
                elif silent >= _BREATH:
                    silent = 0.0
                    yield ": still here\n\n"
                await asyncio.sleep(_PAUSE)
                silent += _PAUSE

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def search(self, request: Request) -> Response:
        session, order = await self._session(request), await _json(request)
        await run_in_threadpool(session.search, str(order.get("do")))
        return JSONResponse(await run_in_threadpool(session.view))

    async def strands(self, request: Request) -> Response:
        session, order = await self._session(request), await _json(request)
        key = order.get("key")
        wanted = key if isinstance(key, str) else None
        await run_in_threadpool(session.strands, str(order.get("do")), wanted)
        return JSONResponse(await run_in_threadpool(session.view))

    async def about(self, request: Request) -> Response:
        session, order = await self._session(request), await _json(request)
        title, tags, notes = (order.get(name) for name in ("title", "tags", "notes"))
        if not (isinstance(title, str) and isinstance(tags, list) and isinstance(notes, str)):
            raise ExperimentError("Send a title, a list of tags, and notes.")
        try:
            await run_in_threadpool(session.describe, title, tags, notes)
        except ValueError as error:
            raise ExperimentError("The title, a tag or the notes are too long.") from error
        return JSONResponse(await run_in_threadpool(session.view))

    # presets

    async def sound(self, request: Request) -> Response:
        session = await self._session(request)
        query, key = request.query_params, request.path_params["key"]

        def render() -> Response:
            performance = None
            if "note" in query:
                pitch, velocity = _number(query["note"]), _number(query.get("velocity", "100"))
                held = min(_number(query.get("held", "1")), 10.0)
                performance = session.run.note(int(pitch), int(velocity), held)
            heard = session.run.hear(key, performance)
            measured = {"X-Loudness": f"{heard.loudness:.3f}", "X-Peak": f"{heard.sound.peak:.5f}"}
            return Response(heard.wav, media_type="audio/wav", headers=measured)

        return await run_in_threadpool(render)

    async def picture(self, request: Request) -> Response:
        session, key = await self._session(request), request.path_params["key"]
        content = await run_in_threadpool(lambda: session.run.spectrogram(key))
        return Response(content, media_type="image/png")

    async def words(self, request: Request) -> Response:
        session, key = await self._session(request), request.path_params["key"]
        heard = await run_in_threadpool(lambda: session.run.words(key))
        return JSONResponse(
            {"heard": [asdict(each) for each in heard.heard], "alike": list(heard.alike)}
        )

    async def knobs(self, request: Request) -> Response:
        session, key = await self._session(request), request.path_params["key"]
        groups = await run_in_threadpool(session.knobs, key)
        return JSONResponse({name: list(map(asdict, group)) for name, group in groups.items()})

    async def bend(self, request: Request) -> Response:
        session, order = await self._session(request), await _json(request)
        if not all(isinstance(value, int | float) for value in order.values()):
            raise ExperimentError("A knob goes from 0 to 1.")
        key = request.path_params["key"]
        bent, texts = await run_in_threadpool(session.bend, key, order)
        return JSONResponse({"key": bent, "texts": texts})

    async def sweep(self, request: Request) -> Response:
        session, key = await self._session(request), request.path_params["key"]
        name = request.query_params.get("knob", "")
        return JSONResponse(await run_in_threadpool(session.sweep, key, name))

    async def keep(self, request: Request) -> Response:
        """Send a preset as a file: `.json`, `.wav`, or the synth's own format."""
        session, key = await self._session(request), request.path_params["key"]
        form = request.query_params.get("as", "json")

        def write() -> Response:
            run = session.run
            native = run.setup.synth.suffix
            suffixes = {"json": ".json", "wav": ".wav"} | ({"synth": native} if native else {})
            suffix = suffixes.get(form)
            if suffix is None or key == TARGET:
                raise ExperimentError(f"{run.setup.synth.name} saves {', '.join(suffixes)}.")
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"preset{suffix}"
                if suffix == ".wav":
                    path.write_bytes(run.hear(key).wav)
                else:
                    run.write(key, path)
                content = path.read_bytes()
            name = safe_name(session.state.title or session.config.target.name)
            headers = {"Content-Disposition": f'attachment; filename="{name}{suffix}"'}
            kind = _MIME.get(suffix, "application/octet-stream")
            return Response(content, media_type=kind, headers=headers)

        return await run_in_threadpool(write)

    async def planned(self, request: Request) -> Response:
        session, key = await self._session(request), request.path_params["key"]
        name = request.query_params.get("name", "")
        return JSONResponse(await run_in_threadpool(session.planned, key, name))

    async def install(self, request: Request) -> Response:
        session, order = await self._session(request), await _json(request)
        key, name = request.path_params["key"], order.get("name", "")
        if not isinstance(name, str):
            raise ExperimentError("The name must be text.")
        return JSONResponse(await run_in_threadpool(session.install, key, name))

    async def undo_installs(self, request: Request) -> Response:
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(session.undo_installs))

    async def _session(self, request: Request) -> Session:
        return await run_in_threadpool(self._studio.session, request.path_params["id"])


async def _json(request: Request) -> dict[str, Any]:
    """Read a small JSON object.

    Raises:
        ExperimentError: If it is something else.
    """
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > _MAX_JSON:
            raise ExperimentError("The request is too large.")
    found = None
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(content)
    if not isinstance(found, dict):
        raise ExperimentError("The request is not a JSON object.")
    return found


def _ticks(sr: int) -> list[tuple[str, float]]:
    """Return frequencies beside a spectrogram, with their places from its bottom, 0 to 1."""
    shown = [(text, hz) for text, hz in _TICKS.items() if hz < 0.4 * sr]
    return [(text, round((band_position(hz, sr) + 0.5) / BANDS, 4)) for text, hz in shown]


def _seconds(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    return None if text is None else _number(text)


def _number(text: str) -> float:
    try:
        number = float(text[:40])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ExperimentError("A number is missing in the address.")
    return number


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
