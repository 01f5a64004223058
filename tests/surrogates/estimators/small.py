"""Small versions of all estimators."""

SMALL = {
    "flow": {"hidden": 32, "blocks": 1, "tokens": 4, "size": 16, "layers": 1, "heads": 2},
    "mlp": {"hidden": 32, "layers": 1, "bins": 8},
    "cnn": {"channels": 4, "stages": 2, "hidden": 24, "bins": 8},
    "transformer": {"hidden": 16, "layers": 1, "heads": 2, "patch": 4, "bins": 8},
    "vae": {"hidden": 32, "blocks": 1, "latent": 6, "bins": 8, "thousandths": 1},
    "lstm": {"state": 12, "layers": 1, "bins": 8},
}
