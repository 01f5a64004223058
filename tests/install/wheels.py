"""Ask the package index which dependencies have a wheel for each system and version of Python.

Run as ``python -m tests.install.wheels``; it prints a table of Markdown. pip chooses among the
wheels of the index that it is configured for, in the versions of `constraints.txt` or else the
newest, as on each of those systems; only descriptions are loaded.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINUX = (
    "manylinux1",
    "manylinux2010",
    "manylinux2014",
    *(f"manylinux_2_{n}" for n in range(5, 37)),
)
SYSTEMS: Mapping[str, Sequence[str]] = {
    "Windows x64": ["win_amd64"],
    "macOS arm64": ["macosx_14_0_arm64"],
    "Linux x64": [f"{tag}_x86_64" for tag in LINUX],
    "Linux arm64": [f"{tag}_aarch64" for tag in LINUX],
}
"""Tags of the wheels that each system installs: macOS 14, and the glibc of Debian 12, or newer."""

_NONE = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)")
_PYTHON = "Programming Language :: Python :: "


def project() -> dict[str, object]:
    """Return the table ``project`` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pythons() -> list[str]:
    """Return the versions of Python that the project promises, such as ``3.11``."""
    named = [text.removeprefix(_PYTHON) for text in project()["classifiers"] if "::" in text]
    return [version for version in named if re.fullmatch(r"3\.\d+", version)]


def needs() -> dict[str, list[str]]:
    """Return the names that the project, and each extra but the tests', require; by extra."""
    extras = project()["optional-dependencies"]
    groups = {"": project()["dependencies"]} | {e: r for e, r in extras.items() if e != "test"}
    return {extra: sorted(names(requirements)) for extra, requirements in groups.items()}


def names(requirements: Iterable[str]) -> set[str]:
    """Return the names in requirements; of ``psycopg[binary]`` also ``psycopg-binary``."""
    found = set(map(name_of, requirements))
    extras = (re.match(r"([\w.-]+)\[([\w-]+)\]", text) for text in requirements)
    return found | ({f"{m[1]}-{m[2]}" for m in extras if m} & tested().keys())


def name_of(requirement: str) -> str:
    """Return the name of a requirement as the index writes it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def tested() -> dict[str, str]:
    """Return the requirements of constraints.txt, by name."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {name_of(line): line for line in lines if line and not line.startswith("#")}


def without_wheel(asked: Iterable[str], tags: Sequence[str], python: str) -> set[str]:
    """Return the names that have no wheel.

    Raises:
        RuntimeError: If pip fails for another reason, such as no network.
    """
    left = {name: tested().get(name, name) for name in asked}
    missing: set[str] = set()
    while left:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps"),
                *("--ignore-installed", "--target", "unused", "--only-binary=:all:"),
                *("--python-version", python),
                *(part for tag in tags for part in ("--platform", tag)),
                *left.values(),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            break
        found = _NONE.search(done.stderr)
        if found is None or name_of(found[1]) not in left:
            raise RuntimeError(f"pip did not answer for Python {python}: {done.stderr.strip()}")
        missing.add(name_of(found[1]))
        del left[name_of(found[1])]
    return missing


def table(missing: Mapping[tuple[str, str], set[str]]) -> list[str]:
    """Return the lines of the table.

    Args:
        missing: Names without a wheel, by system and version of Python.
    """
    promised = pythons()
    head = ["package", "extra", *SYSTEMS]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for extra, required in needs().items():
        for name in required:
            cells = []
            for system in SYSTEMS:
                has = [python for python in promised if name not in missing[system, python]]
                every = f"{promised[0]} to {promised[-1]}"
                cells.append(every if has == promised else ", ".join(has) or "**none**")
            lines.append("| " + " | ".join([name, extra, *cells]) + " |")
    return lines


def main() -> None:
    """Print the table."""
    asked = [name for required in needs().values() for name in required]
    missing = {
        (system, python): without_wheel(asked, tags, python)
        for system, tags in SYSTEMS.items()
        for python in pythons()
    }
    print(*table(missing), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
