"""Training of models from the command line: devices, progress, curves."""
