"""Makes studies of Optuna's."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.storages import BaseStorage


def new_study(
    storage: BaseStorage, name: str, titles: Sequence[str], told: Mapping[str, Any]
) -> optuna.Study:
    """Make a study, without trials, whose values are minimised.

    Args:
        storage: Where.
        name: Of the study.
        titles: Of the values.
        told: Its user attributes.
    """
    with quiet():
        study = optuna.create_study(
            storage=storage, study_name=name, directions=["minimize"] * len(titles)
        )
        study.set_metric_names(list(titles))
    for key, value in told.items():
        study.set_user_attr(key, value)
    return study


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from telling of each study, and of what it may change some day."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(verbosity)
