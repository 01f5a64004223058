"""What a render depends on, as one word: renders of equal keys are of equal sounds."""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict

from patchwright.synths import Performance, Synth
from patchwright.synths.plugins.spec import spec_text

_FORMAT = 1  # of the files; also to be raised when the features of a sound change


def shard_key(synth: Synth, performance: Performance, features: str) -> str:
    """Name the shard that renders belong to.

    Locks are no part of it: they are in the presets, which are stored whole. Names of plugins are
    none either, as their bytes are in the version.

    Args:
        synth: Of the renders; its space, and its version, which for plugins is of the host, the
            plugin's files and state, and the policy; for built-in synths that of this package.
        performance: That is played.
        features: Name of the embedding that is stored of them.

    Returns:
        The first 32 hexadecimal digits of a SHA-256.
    """
    built_in = f"{synth.name} of patchwright {importlib.metadata.version('patchwright')}"
    depends_on = {
        "format": _FORMAT,
        "features": features,
        "synth": synth.version or built_in,
        "space": spec_text(synth.space),
        "performance": asdict(performance),
    }
    return hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()[:32]
