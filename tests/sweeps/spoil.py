"""Ways to spoil the bytes of a file, and to make a document that suits a schema nearly."""

import json
import string

from tests.experiments.mutants import NUMBERS, ODD

_PARTS = [
    *(b"", b"\0" * 64, b"\xff" * 8, b"\x80" * 8, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"),
    *(b"\x00\x00\x00\x80", b"\x00\x10\x00\x00", b"[" * 200, b"9" * 400, b"\r\n", b"\n\n", b"\xef"),
    *(b"nan", b"1e999", b"-1", b"null", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"%s", b"'", b'"'),
]
_MISTAKES = 0.02  # share of the values of a generated document that do not suit its schema


def spoilt(rng, data, others=()):
    """Return a file with one or several of its parts cut, repeated, changed or replaced.

    Args:
        rng: Source of random choices, as `random.Random`.
        data: A whole file.
        others: Other whole files, from which parts may be taken.
    """
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        how = rng.choice(["flip", "flip", "byte", "cut", "part", "number", "double", "join"])
        begin = rng.randrange(len(data) + 1)
        end = min(len(data), begin + rng.choice([0, 1, 2, 4, 8, 64, 4096]))
        if how == "cut":
            data = data[:begin] + (data[end:] if rng.random() < 0.7 else b"")
        elif how == "part":
            data = data[:begin] + rng.choice(_PARTS) + data[end:]
        elif how == "double":
            data = data[:begin] + data[begin:end] * rng.choice([2, 3, 50]) + data[end:]
        elif how == "join" and others:
            other = rng.choice(others)
            data = data[:begin] + other[rng.randrange(len(other) + 1) :]
        elif how == "number":
            size = rng.choice([1, 2, 4, 8])
            limit = 2 ** (8 * size)
            value = rng.choice([0, 1, limit - 1, limit // 2, limit // 2 - 1, rng.randrange(limit)])
            number = value.to_bytes(size, rng.choice(["little", "big"]))
            data = data[:begin] + number + data[begin + size :]
        elif begin < len(data):
            changed = rng.randrange(256) if how == "byte" else data[begin] ^ 1 << rng.randrange(8)
            data = data[:begin] + bytes([changed]) + data[begin + 1 :]
    return data


def words(rng, vocabulary, most=60):
    """Return a text of random words of a vocabulary, with spaces, line ends and nothing between."""
    count = rng.randint(1, most)
    return "".join(rng.choice(vocabulary) + rng.choice(["", " ", " ", "\n"]) for _ in range(count))


def suiting(rng, schema, whole=None, depth=0):
    """Return a random document that suits a JSON schema, but for a few of its values.

    Args:
        rng: Source of random choices.
        schema: JSON schema, as pydantic makes it, or a part of one.
        whole: The schema that holds the definitions; `schema` if None.
        depth: Number of levels around this part.
    """
    whole = schema if whole is None else whole
    if "$ref" in schema:
        return suiting(rng, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, depth)
    if rng.random() < _MISTAKES:
        return rng.choice(ODD)
    if "anyOf" in schema:
        return suiting(rng, rng.choice(schema["anyOf"]), whole, depth)
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    if "default" in schema and rng.random() < 0.3:
        return schema["default"]
    kind = schema.get("type")
    if kind == "object":
        return _mapping(rng, schema, whole, depth)
    if kind == "array":
        return _list(rng, schema, whole, depth)
    if kind in ("integer", "number"):
        return _number(rng, schema, kind)
    if kind == "string":
        return rng.choice(["", "x", "name", "1 s", "C4:0.5", *string.ascii_lowercase[:5]])
    if kind in ("boolean", "null"):
        return rng.choice([False, True]) if kind == "boolean" else None
    return rng.choice([*ODD, "C4:0.5 E4:1", 0.5, 3])


def _mapping(rng, schema, whole, depth):
    given = {}
    needed = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        if name in needed or rng.random() < 0.4:
            given[name] = suiting(rng, part, whole, depth + 1)
    inner = schema.get("additionalProperties", True)
    if inner is not False and "properties" not in schema and depth < 6:
        for name in rng.sample(["a", "b", "*", "index", "mss", "ok", "é"], rng.randint(0, 3)):
            given[name] = suiting(rng, inner if isinstance(inner, dict) else {}, whole, depth + 1)
    return given


def _list(rng, schema, whole, depth):
    if "prefixItems" in schema:
        return [suiting(rng, part, whole, depth + 1) for part in schema["prefixItems"]]
    most = 3 if depth < 6 else 0
    count = rng.randint(min(schema.get("minItems", 0), most), most)
    return [suiting(rng, schema.get("items", {}), whole, depth + 1) for _ in range(count)]


def _number(rng, schema, kind):
    low = schema.get("minimum", schema.get("exclusiveMinimum", -100))
    high = schema.get("maximum", schema.get("exclusiveMaximum", max(low, 1) * 100))
    drawn = rng.choice([low, high, rng.uniform(low, high), rng.uniform(low, min(high, low + 10))])
    return int(drawn) if kind == "integer" else float(drawn)


def as_json(rng, content):
    """Write a document as JSON, sometimes with numbers that JSON has not."""
    text = json.dumps(content)
    if rng.random() < 0.1:
        digits = [place for place, sign in enumerate(text) if sign.isdigit()]
        if digits:
            at = rng.choice(digits)
            text = text[:at] + json.dumps(rng.choice(NUMBERS)) + text[at + 1 :]
    return text.encode("utf-8", "surrogatepass")
