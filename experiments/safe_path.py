"""Protection of new Python processes from modules in the current folder."""

import os


def protect_new_processes() -> None:
    """Keep the current folder off the module path of Python processes that this one starts.

    `python -m` and `python -c`, with which joblib, Dask and multiprocessing start processes, search
    it first: a file `json.py` beside a recording would be run.
    """
    os.environ["PYTHONSAFEPATH"] = "1"
