"""Templates of self-contained HTML pages, with a common style."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

PLAYER = Path(__file__).parent / "player.js"
"""Player of all pages: the studio serves it, scripts of self-contained pages include it."""


@cache
def templates(package: str) -> Environment:
    """Return the environment of a package's templates, with the common style.

    Args:
        package: Package whose folder contains the templates.
    """
    return Environment(
        autoescape=True,
        loader=ChoiceLoader(
            [PackageLoader(package, "."), PackageLoader("patchwright.experiments.pages", ".")]
        ),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def script_digest(script: str) -> str:
    """Return the hash of a script for a content security policy."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
