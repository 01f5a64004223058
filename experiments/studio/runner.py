"""The process that searches: started by the studio in advance, it waits for one run to work on.

It speaks lines of JSON: `{"folder": …, "config": …, "workers": …}` comes in, and
`{"ready": true}`, `{"doing": …}` or `{"error": …}` go out. Progress is read from the run's log,
which is the checkpoint too: so the process is paused by ending it, and loses at most the generation
it was rendering. It also ends when the studio does, as its input is then closed.
"""

import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patchwright.search import Generation

_GENTLE = 10  # niceness once there are answers: then what a person listens to comes first


def main() -> int:
    """Work on the run that the first line names, and return the exit code."""
    from patchwright.experiments.match.run import run_experiment
    from patchwright.experiments.mistakes import MISTAKES
    from patchwright.synths.builtin import SYNTHS

    _say({"ready": True})
    line = sys.stdin.readline()
    if not line:
        return 0
    threading.Thread(target=_end_with_the_studio, daemon=True).start()
    try:
        order = json.loads(line)
        config = _config(order)
        if config.synth.name not in SYNTHS:
            _step_back()  # now, as a plugin's processes have the niceness with which they start
        run_experiment(
            config,
            out=Path(order["folder"]),
            resume=True,
            workers=order["workers"],
            callbacks=[_after_the_first_answers],
        )
    except MISTAKES as error:
        _say({"error": str(error)})
        return 2
    except OSError as error:
        _say({"error": f"{error.filename or 'A file'}: {error.strerror}: make room, then go on."})
        return 2
    return 0


def _config(order: dict[str, Any]) -> Any:
    """Return the config of the run; of a plugin without a lock, the parameters that matter."""
    from patchwright.experiments.config import check_experiment
    from patchwright.experiments.match.explored import FREE, is_unlocked, with_free
    from patchwright.experiments.records.run_folder import RunFolder
    from patchwright.synths.yaml_file import read_yaml

    begun = RunFolder(Path(order["folder"])).config
    if begun.is_file():
        return check_experiment(read_yaml(begun), str(begun))
    config = check_experiment(order["config"], "studio")
    if is_unlocked(config.synth):
        _step_back()

        def progress(done: int, total: int) -> None:
            _say({"doing": f"Finding the knobs that matter, {done} of {total} presets explored"})

        config, _ = with_free(config, FREE, workers=order["workers"], progress=progress)
    _say({"doing": "Rendering the first presets"})
    return config


def _after_the_first_answers(generation: "Generation") -> None:
    if generation.number == 1:
        _step_back()


def _step_back() -> None:
    """Leave the processor to the studio."""
    if sys.platform != "win32":
        threads = Path("/proc/self/task")  # Linux has a niceness for each thread
        numbers = [int(path.name) for path in threads.iterdir()] if threads.is_dir() else [0]
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, number, _GENTLE)


def _end_with_the_studio() -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.read()
    os._exit(0)


def _say(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
