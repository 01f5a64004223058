"""Tuning the options of a method with Optuna, over a suite's targets and seeds."""
