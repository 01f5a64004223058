"""Steering a match by ear, in a preferential study in Optuna's dashboard."""
