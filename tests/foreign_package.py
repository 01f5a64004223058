"""An installed package that is not ours, as a recipe of a README makes one."""

import importlib
import tomllib


def install(module, toml):
    """Move a module into a new package beside it, with the entry points of its `pyproject.toml`.

    Args:
        module: Path of the module, in a folder of the module path.
        toml: Text of the entry points, of one group.
    """
    ((group, points),) = tomllib.loads(toml)["project"]["entry-points"].items()
    package = module.parent / "my_package"
    package.mkdir()
    module.rename(package / module.name)
    info = module.parent / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    importlib.invalidate_caches()
