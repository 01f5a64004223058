"""LV2 presets, read back by rdflib."""

import pytest
import rdflib

from patchwright.synths.presets import lv2
from tests.sizes import long
from tests.synths.damage import check_reader, refusal

STATE = b"""<http://example.org/saved>
\ta pset:Preset ;
\tlv2:appliesTo <urn:example:brass> ;
\tlv2:port [
\t\tlv2:symbol "cutoff" ;
\t\tpset:value 0.25
\t] .


"""
LABEL, COMMENT = rdflib.RDFS.label, rdflib.RDFS.comment


def graph(data):
    return rdflib.Graph().parse(data=data, format="turtle")


@pytest.mark.parametrize("name", ["Brass", 'a "quoted" \\ name', "ÿ🎺", "two\nlines"])
def test_a_name_and_a_comment_are_shown_as_they_were_given(name):
    data = lv2.named(lv2.named(lv2.from_state(STATE), "before"), name, comment="warm, brass")
    found = graph(data)
    assert [str(each) for each in found.objects(None, LABEL)] == [name]
    assert [str(each) for each in found.objects(None, COMMENT)] == ["warm, brass"]
    value = rdflib.URIRef("http://lv2plug.in/ns/ext/presets#value")
    assert [float(each) for each in found.objects(None, value)] == [0.25]
    assert lv2.decode(data).label == name
    assert lv2.decode(data).plugin == "urn:example:brass"


def test_a_manifest_names_the_preset_its_plugin_and_its_file():
    preset = lv2.decode(lv2.named(lv2.from_state(STATE), "Brass"))
    found = graph(lv2.manifest(preset, "Brass.ttl"))
    subject = rdflib.URIRef(preset.uri)
    core = rdflib.Namespace("http://lv2plug.in/ns/lv2core#")
    assert found.value(subject, core.appliesTo) == rdflib.URIRef("urn:example:brass")
    assert str(found.value(subject, rdflib.RDFS.seeAlso)).endswith("/Brass.ttl")
    assert str(found.value(subject, LABEL)) == "Brass"


def test_presets_with_other_names_are_other_presets():
    state = lv2.from_state(STATE)
    assert lv2.decode(lv2.named(state, "a")).uri != lv2.decode(lv2.named(state, "b")).uri


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"a pset:Preset ;", b"", "one LV2 preset"),
        (b"0.25", b'"loud"', "no number"),
        (b"\t] .", b"", "damaged"),
        (b"<urn:example:brass>", b"<urn:a>, <urn:b>", "of one plugin"),
        (b"0.25", b"1e400", "no number"),
    ],
)
def test_what_is_no_preset_is_refused(old, new, fault):
    assert fault in refusal(lv2.decode, lv2.from_state(STATE).replace(old, new))


def test_a_huge_file_is_refused():
    assert "at most" in refusal(lv2.decode, b" " * (lv2.MAX_BYTES + 1))


@long
def test_damaged_files_are_refused_in_a_sentence():
    assert check_reader(lv2.decode, lv2.from_state(STATE), megabytes=16) > 100
