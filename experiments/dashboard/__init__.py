"""Optuna's dashboard over runs and tunings: parameters in real units, and sounds to listen to."""
