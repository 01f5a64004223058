"""Runs as Optuna studies, in a journal and in SQL."""
