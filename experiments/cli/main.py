"""The command line; a mistake of the user gives one sentence and exit code 2."""

import atexit
import gc
import io
import sys

import typer

from patchwright.experiments.cli.benchmark import benchmark_app
from patchwright.experiments.cli.compare import compare_command
from patchwright.experiments.cli.dashboard import dashboard_command
from patchwright.experiments.cli.dataset import dataset_app
from patchwright.experiments.cli.evaluate import evaluate_app
from patchwright.experiments.cli.explore import explore_command, lock_command
from patchwright.experiments.cli.install import install_command
from patchwright.experiments.cli.interrupt import INTERRUPTED
from patchwright.experiments.cli.learn import learn_command
from patchwright.experiments.cli.listen import listen_command
from patchwright.experiments.cli.match import match_command
from patchwright.experiments.cli.optimizers import optimizers_command
from patchwright.experiments.cli.predict import predict_command
from patchwright.experiments.cli.prior import prior_app
from patchwright.experiments.cli.programs import programs_command
from patchwright.experiments.cli.recognise import recognise_command
from patchwright.experiments.cli.report import report_command
from patchwright.experiments.cli.results import results_app
from patchwright.experiments.cli.run import run_command
from patchwright.experiments.cli.score import score_command
from patchwright.experiments.cli.studio import studio_command
from patchwright.experiments.cli.synth import synth_app, synths_command
from patchwright.experiments.cli.train import train_app
from patchwright.experiments.cli.tune import tune_command
from patchwright.experiments.safe_path import protect_new_processes
from patchwright.experiments.terminal.console import errors

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Find the presets with which a synthesizer makes a given sound.",
)
app.command("match")(match_command)
app.command("predict")(predict_command)
app.command("run")(run_command)
app.command("install")(install_command)
app.command("report")(report_command)
app.command("recognise")(recognise_command)
app.command("score")(score_command)
app.command("compare")(compare_command)
app.command("listen")(listen_command)
app.command("dashboard")(dashboard_command)
app.command("studio")(studio_command)
app.command("tune")(tune_command)
app.command("learn")(learn_command)
app.command("synths")(synths_command)
app.command("optimizers")(optimizers_command)
synth_app.command("explore")(explore_command)
synth_app.command("lock")(lock_command)
synth_app.command("programs")(programs_command)
app.add_typer(synth_app, name="synth")
app.add_typer(prior_app, name="prior")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(dataset_app, name="dataset")
app.add_typer(train_app, name="train")
app.add_typer(results_app, name="results")
app.add_typer(benchmark_app, name="benchmark")


def main() -> None:
    """Run the command line; the entry point of `patchwright`."""
    protect_new_processes()
    atexit.register(gc.freeze)  # the collector, which goes through all modules at the end, need not
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # shows what the terminal's encoding lacks
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except ValueError as error:
        from patchwright.experiments.mistakes import MISTAKES  # slow to import

        if not isinstance(error, MISTAKES):
            raise
        errors.print(str(error))
    except OSError as error:
        from patchwright.experiments.mistakes import file_fault
        from patchwright.synths.plugins.platform import shortage

        room, other = "make room, then continue with --resume", "choose another folder"
        errors.print(shortage(error) or file_fault(error, room=room, other=other))
    sys.exit(2)
