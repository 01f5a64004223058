"""The host of the recipe in synths/README.md, as a module that plugin processes can import."""

from dataclasses import replace

from patchwright.synths.plugins.hosts.table import HostEntry
from tests.synths.readme import README, blocks

_code, _row = blocks("Add a plugin host")
exec(compile(_code, README, "exec"))  # noqa: S102 - our README's
SINE: HostEntry = replace(eval(_row), module=__name__)  # noqa: S307 - our README's
