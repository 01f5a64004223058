"""LV2 bundles: folders that hold one or several plugins, listed in `manifest.ttl` (Turtle)."""

import re
from pathlib import Path

from patchwright.synths.outside_file import read_outside

MAX_BYTES = 2 * 2**20  # of a manifest


def plugins_in(bundle: Path) -> dict[str, dict[str, str]]:
    """List the plugins of a bundle.

    Args:
        bundle: Folder with the suffix ``.lv2``.

    Returns:
        Options of the host by the name of each plugin: the last part of its URI that is not
        ``lv2``, such as ``JX10``. One plugin without a URI, named like the bundle, if the package
        that reads bundles is not installed; none if the bundle is damaged.
    """
    try:
        import rdflib  # here, because it is needed for these plugins only
    except ModuleNotFoundError:
        return {bundle.stem: {}}
    path, graph = bundle / "manifest.ttl", rdflib.Graph()
    try:
        data = read_outside(path, kind="a manifest", max_bytes=MAX_BYTES)
        graph.parse(data=data, format="turtle", publicID=path.absolute().as_uri())
    except Exception:  # noqa: BLE001 - rdflib asserts, and names no errors for damaged files
        return {}
    plugin = rdflib.URIRef("http://lv2plug.in/ns/lv2core#Plugin")
    uris = sorted(str(each) for each in graph.subjects(rdflib.RDF.type, plugin))
    if len(uris) == 1:
        return {bundle.stem: {"uri": uris[0]}}
    return {_name(uri): {"uri": uri} for uri in uris}


def as_utf8(text: str) -> str:
    """Mend a text of a bundle whose bytes the host has taken for characters.

    Examples:
        >>> as_utf8("90Â°"), as_utf8("90°")
        ('90°', '90°')
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _name(uri: str) -> str:
    parts = [part for part in re.split(r"[/#:]", uri) if part and part != "lv2"]
    return (parts or [uri])[-1]
