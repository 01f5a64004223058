"""What HTML pages share: a style, and templates of files that load nothing else."""

import base64
import hashlib
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


@cache
def templates(package: str) -> Environment:
    """Templates of a package, and the style of the match report.

    Args:
        package: Whose folder holds them.
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
    """How a content security policy names the one script that it allows."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
