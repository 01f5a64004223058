"""A file of each kind that is written in YAML."""

EXPERIMENT = {
    "target": {"path": "note.wav", "note": 60, "duration": 0.5, "start": 0, "length": 1.0},
    "synth": {"name": "fm", "lock": {"index": 3}, "free": ["*"], "limit": {"ratio": [1, 4]}},
    "objectives": ["mrstft", {"name": "mfcc_mae", "label": "timbre", "weight": 2.0}],
    "constraints": {"loudness": [-30, None]},
    "search": {"method": "cmaes", "options": {"population": 20}, "renders": 500, "initial": []},
    "sr": 44_100,
    "seed": 1,
}
SUITE = {
    "name": "s",
    "defaults": {"synth": "fm", "search": {"renders": 500, "options": {}}},
    "targets": [{"random": "0..1", "length": 0.5}, {"path": ["a.wav", "b.wav"], "note": 60}],
    "sweep": {
        "search.method": ["cmaes", "de"],
        "seed": "0..1",
        "search": [{"method": "cmaes", "options": {"population": 20}}],
        "performance": [{"note": 60}, {"notes": "C4:0.5 E4+G4:1"}],
    },
}
TUNE = SUITE | {
    "sweep": {"seed": "0..1"},
    "tune": {"method": "cmaes", "options": {"population": "10..60"}, "trials": 3},
}
LOCK = {"lock": {"index": 3, "a*": "1 s"}, "free": ["*"], "limit": {"ratio": [1, 4]}}
SPEC = {
    "parameters": {
        "cutoff": {"kind": "continuous", "low": 20.0, "high": 20e3, "scale": "log", "default": 1e3},
        "wave": {"kind": "categorical", "choices": ["saw", "sine"], "default": "saw"},
    }
}
