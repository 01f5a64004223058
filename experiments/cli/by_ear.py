"""The option `--by-ear`: after a search, a person chooses among candidates by listening."""

import threading
import time
from pathlib import Path

from patchwright.experiments.cli.interrupt import terminable
from patchwright.experiments.dashboard.by_ear.session import Session
from patchwright.experiments.dashboard.server import Server
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.experiments.terminal.console import console, errors

_PAUSE = 0.2  # s


def steer_by_ear(folder: Path, *, workers: int | None) -> None:
    """Let a person choose among candidates in a browser, until Ctrl-C.

    Args:
        folder: Folder of a finished run.
        workers: Number of parallel renders; one per core if None.

    Raises:
        ExperimentError: If the folder is in use, or its journal is damaged.
    """
    run = RunStudy.read(folder)
    with (
        terminable(),
        locked(folder / "by_ear"),
        prepare(run.config, workers=workers) as setup,
    ):
        session = Session(run, setup)
        session.update()
        server = Server(session.pages, port=0)
        serving = threading.Thread(target=server.serve)
        serving.start()
        try:
            console.print(
                f"Listen to the candidates at {server.address}dashboard/studies/0 and drop the "
                "worst, repeatedly. Press Ctrl-C to stop and keep the preferred one.",
            )
            while True:
                session.update()
                time.sleep(_PAUSE)
        except KeyboardInterrupt:
            choice = session.choice()
        finally:
            server.stop()
            serving.join()
            server.close()
    reason = f"was preferred {choice.wins} times" if choice.wins else "is the search's answer"
    console.print(
        f"Candidate {choice.number} {reason}; its distance is {choice.distance:.3g} (1 is a random "
        f"preset's): {choice.file}",
    )
    again = RunFolder(folder).resume_command(workers=workers, by_ear=True)
    errors.print(f"Continue choosing with:\n  {again}")
