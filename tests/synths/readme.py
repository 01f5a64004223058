"""The code in synths/README.md."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "synths" / "README.md"


def blocks(heading: str) -> list[str]:
    """Return the Python blocks of a section of the README."""
    (section,) = re.findall(
        rf"^## {heading}\n(.*?)(?=^## |\Z)",
        README.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    return re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
