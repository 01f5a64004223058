"""Experiments, their records and reports, and the command line.

This module imports nothing, so that the command line starts quickly; in Python, start with
`patchwright.experiments.match`.
"""
