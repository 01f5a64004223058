"""The folders at the top, installed inside one package: `synths` is `patchwright.synths`.

`packages` cannot be found by a pattern under the mapping in pyproject.toml.
"""

from setuptools import find_packages, setup

FOLDERS = ["synths*", "objectives*", "search*", "surrogates*", "experiments*"]
setup(packages=["patchwright", *(f"patchwright.{name}" for name in find_packages(include=FOLDERS))])
