"""Damaged copies of plain data, as a careless or hostile hand leaves them."""

import copy
import math

from hypothesis import strategies as st

ODD = [
    *(None, True, 0, -1, 2**31, 2**63 - 1, -(2**63), 1e308, -0.5, 1e-320, "", " ", "x", "[/b]"),
    *("../../x", "é\udce9", "1e5", "0..3", "0..99999999999", "=1+1", "x" * 300, "*", "[", "{}"),
    *([], {}, [None], [[]], {"": None}, {"x": {"y": []}}, ["a", 1], [0, 1e9], {"name": []}),
]
"""Values of every kind that YAML and JSON have."""

NUMBERS = [math.nan, math.inf, -math.inf, 10**30, 10**400, -(10**400)]
"""Numbers that Python's JSON writes, and that no file of a run has."""


def paths(content, place=()):
    """Return the keys that lead to every value in a document, from the outside in."""
    items = content.items() if isinstance(content, dict) else enumerate(content)
    found = []
    for key, value in items:
        found.append((*place, key))
        if isinstance(value, dict | list):
            found += paths(value, (*place, key))
    return found


def mutant(rng, content, values=ODD, most=2):
    """Return a copy of a mapping with one or more values replaced, removed, added or moved.

    Args:
        rng: Source of random choices, as `random.Random`.
        content: Mapping or list.
        values: Values to put in.
        most: Greatest number of changes.
    """
    content = copy.deepcopy(content)
    for _ in range(rng.randint(1, most)):
        places = paths(content)
        if not places:
            return content
        *outer, key = rng.choice(places)
        inner = content
        for step in outer:
            inner = inner[step]
        how = rng.choice(["replace", "replace", "remove", "add", "double"])
        value = copy.deepcopy(rng.choice(values))
        if how == "remove":
            del inner[key]
        elif how == "add" and isinstance(inner, dict):
            inner[rng.choice(["x", "path", "name", "", "seed"])] = value
        elif how == "double" and isinstance(inner, list):
            inner.append(copy.deepcopy(inner[key]))
        else:
            inner[key] = value
    return content


def mutants(content, values=ODD, most=2):
    """Draw a `mutant` in a hypothesis test."""
    return st.randoms(use_true_random=False).map(lambda rng: mutant(rng, content, values, most))
