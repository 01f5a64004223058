"""YAML files of keys and values, read within limits."""

import re
from pathlib import Path
from typing import Any

import yaml

from patchwright.synths.errors import SynthError
from patchwright.synths.outside_file import read_outside

MAX_BYTES = 2 * 2**20  # of a file
MAX_NODES = 200_000  # keys, values, lists and mappings, counting what aliases repeat
MAX_DEPTH = 50

_NUMBER = 100  # characters of the longest number
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# other halves stand for bytes of file names that are not UTF-8
_HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Args:
        path: YAML file in UTF-8, up to 2 MiB.

    Returns:
        The mapping, of texts, whole numbers of up to 64 bits, floats, booleans and None, in lists
        and in mappings with texts as keys.

    Raises:
        SynthError: If the file cannot be read, is not YAML, goes beyond the limits, holds values of
            another kind or does not hold a mapping.
    """
    data = read_outside(path, kind="a YAML file", max_bytes=MAX_BYTES)
    try:
        content = parse_yaml(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SynthError(f"{path} is not YAML: it must be in UTF-8.") from error
    except SynthError as error:
        raise SynthError(f"{path} {error}") from error
    if not isinstance(content, dict):
        raise SynthError(f"{path} must hold keys and values, such as 'seed: 0'.")
    return content


def parse_yaml(text: str) -> Any:
    """Read a value in YAML, as `read_yaml` reads a file.

    Raises:
        SynthError: If it is not YAML, goes beyond the limits or has a value of another kind; the
            message begins with a verb.

    Examples:
        >>> parse_yaml("{seed: 1, search: {renders: 500}}")
        {'seed': 1, 'search': {'renders': 500}}
        >>> parse_yaml("&a [*a]")
        Traceback (most recent call last):
        patchwright.synths.errors.SynthError: is wrong in line 1: the alias *a is inside what it \
stands for.
    """
    loader = None
    try:
        loader = _Loader(text)
        return loader.get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        if isinstance(error, yaml.constructor.ConstructorError | yaml.composer.ComposerError):
            raise SynthError(f"is wrong{where}: {error.problem}.") from error
        raise SynthError(f"is not YAML{where}: check indents and colons.") from error
    finally:
        if loader is not None:
            loader.dispose()


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with limits; dates are texts."""

    def __init__(self, text: str) -> None:
        self._nodes = self._depth = 0
        self._sizes: dict[str, int] = {}  # nodes of each anchor that is complete
        super().__init__(text)

    def fetch_flow_collection_start(self, TokenClass: type[yaml.Token]) -> None:
        # the scanner looks far ahead, and takes longer with each open bracket
        if self.flow_level > MAX_DEPTH:
            raise _too_deep(self.get_mark())
        super().fetch_flow_collection_start(TokenClass)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        mark, anchor = event.start_mark, event.anchor
        if isinstance(event, yaml.AliasEvent):
            if anchor in self.anchors and anchor not in self._sizes:
                raise _wrong(f"the alias *{anchor} is inside what it stands for", mark)
            self._add(self._sizes.get(anchor, 0), mark)
            return super().compose_node(parent, index)
        before = self._nodes
        self._depth += 1
        self._add(1, mark)
        if self._depth > MAX_DEPTH:
            raise _too_deep(mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if anchor is not None:
            self._sizes[anchor] = self._nodes - before
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        scalar = isinstance(node, yaml.ScalarNode)
        if scalar and not node.tag.endswith(":str") and len(node.value) > _NUMBER:
            raise _wrong(f"a number has more than {_NUMBER} digits: write a shorter one", node)
        try:
            value = super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        except Exception as error:  # PyYAML's constructors expect values that suit their tags
            kind = node.tag.rpartition(":")[2]
            raise _wrong(f"{node.value!r} is not of the kind {kind!r}: change it", node) from error
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise _wrong("a whole number has more than 64 bits: write a smaller one", node)
        return _whole_text(value, node) if isinstance(value, str) else value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        for key in mapping:
            if not isinstance(key, str):
                raise _wrong(f"the key {key!r} is not text: put it in quotes", node)
        return mapping

    def _add(self, count: int, mark: yaml.Mark) -> None:
        self._nodes += count
        if self._nodes > MAX_NODES:
            most = f"{MAX_NODES:,} values, counting what aliases repeat"
            raise _wrong(f"there are more than {most}: shorten it", mark)


# only what JSON has as well; a date without a tag is text
_KINDS = ("null", "bool", "int", "float", "seq", "map", "str")
_Loader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in _KINDS
}
_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _wrong(problem: str, place: yaml.Node | yaml.Mark) -> yaml.constructor.ConstructorError:
    mark = place.start_mark if isinstance(place, yaml.Node) else place
    return yaml.constructor.ConstructorError(None, None, problem, mark)


def _too_deep(mark: yaml.Mark) -> yaml.constructor.ConstructorError:
    return _wrong(f"more than {MAX_DEPTH} levels are nested: write fewer", mark)


def _whole_text(text: str, node: yaml.Node) -> str:
    """Join halves of surrogate pairs, as JSON writes them."""
    text = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    if _HALF.search(text):
        raise _wrong("half a surrogate pair is no character: write the character itself", node)
    if "\0" in text:
        raise _wrong("a text has the character 0: remove it", node)
    return text
