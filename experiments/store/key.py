"""Keys of renders: hashes of what they depend on besides their presets."""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict
from typing import Any

from patchwright.synths import Performance, Synth
from patchwright.synths.plugins.spec import spec_text

_FORMAT = 1  # version of the files; raise it also when the features of a sound change


def shard_key(synth: Synth, performance: Performance, features: str) -> str:
    """Compute the key of the shard for renders.

    Locks are not part of the key, because presets are stored whole. Names of plugins are not part
    of it either, because the version covers their bytes.

    Args:
        synth: Synth of the renders. Its space and version count; a plugin's version covers the
            host, the plugin's files and state, and the policy, a built-in synth's this package.
        performance: Notes that are played.
        features: Name of the embedding that is stored.

    Returns:
        First 32 hexadecimal digits of a SHA-256.
    """
    depends_on = {
        "format": _FORMAT,
        "features": features,
        **_synth(synth),
        "performance": _performance(performance),
    }
    return _sha256(depends_on)


def synth_key(synth: Synth) -> str:
    """Compute what all presets of a synth have in common, whatever they play.

    Returns:
        First 32 hexadecimal digits of a SHA-256.
    """
    return _sha256(_synth(synth))


def _performance(performance: Performance) -> dict[str, Any]:
    """Return a performance as plain data; a dry sound counts by its hash."""
    plain = {key: getattr(performance, key) for key in ("length", "sr", "tempo")}
    dry = {} if performance.dry is None else {"dry": performance.dry.sha256}
    return {"notes": [asdict(note) for note in performance.notes]} | plain | dry


def _synth(synth: Synth) -> dict[str, str]:
    built_in = f"{synth.name} of patchwright {importlib.metadata.version('patchwright')}"
    return {"synth": synth.version or built_in, "space": spec_text(synth.space)}


def _sha256(depends_on: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()[:32]
