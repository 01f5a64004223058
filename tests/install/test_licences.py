"""The README's table names every package under a GNU licence."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

README = Path(__file__).parents[2] / "README.md"


def dependencies(name, extras, seen):
    """Add an installed distribution and its dependencies with these extras to the set `seen`."""
    if name in seen:
        return
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    seen.add(name)
    for text in found.requires or ():
        needed = Requirement(text)
        if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
            dependencies(needed.name.lower(), {"", *needed.extras}, seen)


def licence(name):
    """Return the licence of a distribution in one line, from its metadata."""
    found = distribution(name)
    metadata = found.metadata
    texts = [metadata.get("License-Expression", ""), metadata.get("License", "").partition("\n")[0]]
    texts += [kind for kind in metadata.get_all("Classifier") or [] if kind.startswith("License")]
    return " ".join(texts)


def test_the_readme_names_every_package_under_a_gnu_licence():
    extras = set(distribution("patchwright").metadata.get_all("Provides-Extra")) - {"test"}
    seen = set()
    dependencies("patchwright", {"", *extras}, seen)
    gnu = {name for name in seen if re.search(r"\bL?GPL|GNU ", licence(name), re.IGNORECASE)}
    assert {"pedalboard", "deap"} <= gnu

    section = README.read_text(encoding="utf-8").partition("## Licences")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\w, -]+) \| (.*GPL.*?) \|", section, re.MULTILINE)
    named = {name: kind for names, kind in rows for name in names.split(", ")}
    assert gnu <= set(named) <= seen
    for name in gnu:
        lesser = re.search(r"LGPL|Lesser", licence(name)) is not None
        assert ("LGPL" in named[name]) == lesser, name
