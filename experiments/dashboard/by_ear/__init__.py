"""A person steers a match by ear, in a preferential study of Optuna's dashboard."""
