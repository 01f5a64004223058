"""Routes of one run: view, search, strands, knobs, sounds, and what is kept."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studio.asked import json_object, number
from patchwright.experiments.studio.open_run import TARGET
from patchwright.experiments.studio.session import Session
from patchwright.experiments.studio.studio import Studio
from patchwright.synths.whole_file import safe_name

_PAUSE = 0.25  # s between two looks at a run
_BREATH = 15.0  # s after which a silent stream says that it lives
_MIME = {".wav": "audio/wav", ".json": "application/json"}


def run_routes(studio: Studio, closing: asyncio.Event | None) -> list[Route]:
    """List what the page of a run asks for.

    Args:
        studio: What is served.
        closing: Set when streams are to end.
    """
    run, asked = "/api/runs/{id:str}", _Run(studio, closing)
    return [
        Route(run, asked.view),
        Route(f"{run}/events", asked.events),
        Route(f"{run}/search", asked.search, methods=["POST"]),
        Route(f"{run}/branch", asked.branch, methods=["POST"]),
        Route(f"{run}/strands", asked.strands, methods=["POST"]),
        Route(f"{run}/about", asked.about, methods=["POST"]),
        Route(f"{run}/bend/{{key:str}}", asked.bend, methods=["POST"]),
        Route(f"{run}/sounds/{{key:str}}", asked.sound),
        Route(f"{run}/pictures/{{key:str}}", asked.picture),
        Route(f"{run}/words/{{key:str}}", asked.words),
        Route(f"{run}/knobs/{{key:str}}", asked.knobs),
        Route(f"{run}/sweep/{{key:str}}", asked.sweep),
        Route(f"{run}/keep/{{key:str}}", asked.keep),
        Route(f"{run}/install/{{key:str}}", asked.planned),
        Route(f"{run}/install/{{key:str}}", asked.install, methods=["POST"]),
        Route(f"{run}/undo-installs", asked.undo_installs, methods=["POST"]),
    ]


class _Run:
    def __init__(self, studio: Studio, closing: asyncio.Event | None) -> None:
        self._studio, self._closing = studio, closing

    async def branch(self, request: Request) -> Response:
        session, order = await self._session(request), await json_object(request)
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
        session, order = await self._session(request), await json_object(request)
        await run_in_threadpool(session.search, str(order.get("do")))
        return JSONResponse(await run_in_threadpool(session.view))

    async def strands(self, request: Request) -> Response:
        session, order = await self._session(request), await json_object(request)
        key = order.get("key")
        wanted = key if isinstance(key, str) else None
        await run_in_threadpool(session.strands, str(order.get("do")), wanted)
        return JSONResponse(await run_in_threadpool(session.view))

    async def about(self, request: Request) -> Response:
        session, order = await self._session(request), await json_object(request)
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
                pitch, velocity = number(query["note"]), number(query.get("velocity", "100"))
                held = min(number(query.get("held", "1")), 10.0)
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
        session, order = await self._session(request), await json_object(request)
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
        session, order = await self._session(request), await json_object(request)
        key, name = request.path_params["key"], order.get("name", "")
        if not isinstance(name, str):
            raise ExperimentError("The name must be text.")
        return JSONResponse(await run_in_threadpool(session.install, key, name))

    async def undo_installs(self, request: Request) -> Response:
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(session.undo_installs))

    async def _session(self, request: Request) -> Session:
        return await run_in_threadpool(self._studio.session, request.path_params["id"])
