"""Makes studies of Optuna's."""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.storages import BaseStorage

from patchwright.search.quiet import quiet


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
