"""What every part of an experiment's config is."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Refuses keys that it does not know, and is not changed once it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def named(value: Any) -> Any:
    """Take a name alone for a mapping that holds nothing else."""
    return {"name": value} if isinstance(value, str) else value
