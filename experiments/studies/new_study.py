"""Creates Optuna studies."""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.storages import BaseStorage

from patchwright.search.quiet import quiet


def new_study(
    storage: BaseStorage, name: str, titles: Sequence[str], attributes: Mapping[str, Any]
) -> optuna.Study:
    """Create a study without trials, whose values are minimised.

    Args:
        storage: Storage of the study.
        name: Name of the study.
        titles: Names of the values of its trials.
        attributes: User attributes of the study.

    Returns:
        The study.

    Examples:
        >>> from optuna.storages import InMemoryStorage
        >>> study = new_study(InMemoryStorage(), "first", ["mss", "level"], {"seed": 0})
        >>> study.metric_names, study.user_attrs
        (['mss', 'level'], {'seed': 0})
    """
    with quiet():
        study = optuna.create_study(
            storage=storage, study_name=name, directions=["minimize"] * len(titles)
        )
        study.set_metric_names(list(titles))
    for key, value in attributes.items():
        study.set_user_attr(key, value)
    return study
