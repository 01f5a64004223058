"""Learning a prior from preset files, banks and runs."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from patchwright.experiments.match.warm_start import preset_files
from patchwright.synths import Synth
from patchwright.synths.plugins.spec import spec_content
from patchwright.synths.presets.files import read_presets
from patchwright.synths.priors.card import FileCard, HeldOutCard, PriorCard
from patchwright.synths.priors.copula import Copula
from patchwright.synths.priors.folder import write_prior
from patchwright.synths.priors.learn import learn


def learn_prior(
    synth: Synth,
    paths: Sequence[Path],
    out: Path,
    *,
    about: str = "",
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PriorCard:
    """Learn a prior, and write its folder.

    Args:
        synth: Synth of the presets.
        paths: Preset files, banks, and folders of finished runs. Each is one bank when presets are
            held out.
        out: Folder to write.
        about: Where the presets come from, and under which licence.
        seed: Seed of every random choice.
        progress: Called with the number of fits that are done, and of all.

    Returns:
        The card of the prior, without the hash of its tensors.

    Raises:
        ExperimentError: If a folder holds no finished run.
        SynthError: If a file cannot be read or is for another synth, or there are too few presets.
    """
    rows, banks, files = [], [], []
    for bank, path in enumerate(paths):
        for file in preset_files(path):
            presets = read_presets(file, synth)
            rows += [preset.values for preset in presets]
            banks += [bank] * len(presets)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            files.append(FileCard(name=file.name, sha256=digest, presets=len(presets)))
    values = np.array(rows).reshape(-1, len(synth.space))
    learned = learn(synth.space, values, np.array(banks), seed=seed, progress=progress)
    card = PriorCard(
        kind="copula" if isinstance(learned.prior, Copula) else "mixture",
        chosen=learned.name,
        synth=synth.name,
        about=about,
        presets=learned.presets,
        duplicates=learned.duplicates,
        excluded=learned.excluded,
        held_out=tuple(HeldOutCard(**asdict(held)) for held in learned.held_out),
        seed=seed,
        files=tuple(files),
        space=spec_content(synth.space),
    )
    write_prior(out, learned.prior, card)
    return card
