"""Strict XML for files of other programs: bounded in size and depth, without entities."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from patchwright.synths.errors import SynthError

MAX_BYTES = 32 * 2**20  # of a file
MAX_ELEMENTS = 500_000
MAX_DEPTH = 64


def parse(data: bytes) -> Element:
    """Parse an XML document in UTF-8.

    Args:
        data: Bytes of the file.

    Returns:
        The root.

    Raises:
        SynthError: If the document is too large, has too many elements or is nested too deep,
            declares entities or refers to another file, or is no XML.
    """
    if len(data) > MAX_BYTES:
        raise SynthError(
            f"The project has {len(data):,} bytes, and {MAX_BYTES:,} are read at most: save the "
            "plugin's state as a preset file."
        )
    builder = _Builder()
    # UTF-8 whatever the file declares: other encodings would be looked up by their names
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise SynthError(
            f"The project is no XML, or is damaged in line {error.lineno}: save it again."
        ) from error
    return builder.close()


class _Builder(TreeBuilder):
    """Builder of a tree within limits."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise SynthError(
                f"The project has more than {MAX_ELEMENTS:,} elements, or more than {MAX_DEPTH} "
                "in one another: save the plugin's state as a preset file."
            )
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, name: str, system: str | None, public: str | None, inside: int) -> None:
        """Refuse what could declare entities; a bare name, which Carla writes, is harmless."""
        if inside or system or public:
            raise SynthError(
                "The project declares XML entities or names another file: save it again."
            )
