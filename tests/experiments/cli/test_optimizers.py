import io

from rich.console import Console

from patchwright.experiments.cli import optimizers
from patchwright.search import OPTIMIZERS


def test_all_optimizers_are_listed_with_their_options(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(optimizers, "console", Console(file=written, width=500))
    optimizers.optimizers_command()
    text = written.getvalue()
    for name, cls in OPTIMIZERS.items():
        assert f" {name} " in text
        assert cls.__doc__.split()[0] in text
    assert "restarts = elite" in text
    assert "seed" not in text
