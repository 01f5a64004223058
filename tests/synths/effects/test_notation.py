"""Chains as text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths import SynthError
from patchwright.synths.effects import EFFECTS, parse_chain, split_address

NAMES = st.sampled_from(sorted(EFFECTS))
SLOTS = st.tuples(NAMES, st.sampled_from(["", "?"])).map("".join)
ANY_ORDER = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: f"{{{', '.join(names)}}}")


def joined(chains, sign):
    return st.lists(chains, min_size=2, max_size=3).map(lambda c: f"({f' {sign} '.join(c)})")


def chains(stages):
    return st.lists(stages, min_size=1, max_size=3).map(" | ".join)


CHAINS = chains(
    st.recursive(
        SLOTS | ANY_ORDER,
        lambda inner: joined(chains(inner) | st.just("dry"), "+") | joined(chains(inner), "/"),
        max_leaves=6,
    )
)


@given(CHAINS)
def test_a_chain_is_written_as_it_is_read_and_its_names_differ(text):
    chain = parse_chain(text)
    assert str(chain) == text
    assert parse_chain(text.replace(" ", "")) == chain
    names = [parameter.name for parameter in chain.parameters]
    assert len(set(names)) == len(names)


@given(st.text(alphabet="{}()|+/?, dxchorusdelaydry2", max_size=60))
def test_any_text_is_a_chain_or_refused_with_a_sentence(text):
    try:
        chain = parse_chain(text)
    except SynthError:
        return
    assert parse_chain(str(chain)) == chain


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("", "delay | reverb"),
        ("chorus |", "delay | reverb"),
        ("{chorus", "'}'"),
        ("(chorus)", "+ or /"),
        ("chorus delay", "delay"),
        ("chorus & delay", "'&'"),
        ("chor", "'chorus'"),
        ("dry", "no effect"),
        ("(" * 2000, "1000"),
        ("(" * 900, "20 deep"),
    ],
)
def test_what_is_wrong_is_named(text, mend):
    with pytest.raises(SynthError) as error:
        parse_chain(text)
    assert mend in str(error.value)


def test_effects_of_one_kind_are_numbered_also_after_the_instruments_own():
    names = [p.name for p in parse_chain("gain | gain | (gain + dry)").parameters]
    assert names == [
        *("gain_level", "gain2_level"),
        *("parallel_level1", "parallel_level2", "gain3_level"),
    ]
    taken = ["chorus_mix", "reverb_2_size", "delayed"]
    names = [p.name for p in parse_chain("chorus | reverb | delay", taken).parameters]
    assert {name.partition("_")[0] for name in names} == {"chorus2", "reverb2", "delay"}


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("subtractive", ("subtractive", None)),
        ("vst3:Dexed|delay", ("vst3:Dexed", "delay")),
        ("effects: {delay, reverb}", (None, "{delay, reverb}")),
        ("effects", ("effects", None)),
    ],
)
def test_an_address_is_split(address, parts):
    assert split_address(address) == parts


@pytest.mark.parametrize("address", ["| delay", "subtractive |", "effects:", "|"])
def test_an_address_without_an_instrument_or_effect_is_refused(address):
    with pytest.raises(SynthError, match="effects: delay"):
        split_address(address)


def test_the_table_has_fifteen_parameters_of_autofx_and_every_default_is_in_range():
    classes = [effect for name, effect in EFFECTS.items() if name.startswith("autofx_")]
    assert sum(len(effect.parameters) for effect in classes) == 15
    for effect in EFFECTS.values():
        names = {parameter.name for parameter in effect.parameters}
        used = [name for plugin in effect.plugins for name in plugin.arguments.values()]
        assert sorted(used) == sorted(names), effect.name
        assert all(np.isfinite(p.normalise(None)) for p in effect.parameters)
