"""Options of a method, tuned by Optuna over a suite's targets and seeds."""
