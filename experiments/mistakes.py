"""Errors that are mistakes of the user, which get one sentence instead of a traceback.

They are those of every package, so that importing this imports all of them.
"""

from patchwright.experiments.errors import ExperimentError
from patchwright.objectives import ObjectiveError
from patchwright.search import SearchError
from patchwright.surrogates import SurrogateError
from patchwright.synths import SynthError

MISTAKES = ExperimentError, SynthError, ObjectiveError, SearchError, SurrogateError
