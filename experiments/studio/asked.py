"""What requests to the studio ask: small JSON objects, and numbers in addresses."""

import contextlib
import json
import math
from typing import Any

from starlette.requests import Request

from patchwright.experiments.errors import ExperimentError

_MAX_JSON = 2**18  # bytes of a request


async def json_object(request: Request) -> dict[str, Any]:
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


def seconds(request: Request, name: str) -> float | None:
    """Return a number of the address's query; None if it is not there.

    Raises:
        ExperimentError: If it is not a finite number.
    """
    text = request.query_params.get(name)
    return None if text is None else number(text)


def number(text: str) -> float:
    """Read a number.

    Raises:
        ExperimentError: If it is not a finite number.
    """
    try:
        found = float(text[:40])
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise ExperimentError("A number is missing in the address.")
    return found
