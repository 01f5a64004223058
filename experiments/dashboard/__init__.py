"""Runs and tunings in Optuna's dashboard, with parameters in real units and sounds."""
