"""Synths that are plugins: found, described, kept reproducible, rendered in processes of their own.

Nothing is imported here: the processes that hold plugins have to stay lean.
"""
