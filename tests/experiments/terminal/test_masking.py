"""Passwords in the addresses of databases: no message shows them."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patchwright.experiments.database.address import read_address, readable
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.masking import masked
from tests.sizes import size

SECRET = "hunter2"  # noqa: S105
SCHEMES = ["postgresql", "postgres", "postgresql+psycopg", "mysql", "mssql+pyodbc", "none"]
TEXT = st.text(max_size=4)
SIMPLE = st.text("abc.-_0", max_size=4)


def with_secret(alphabet):
    parts = st.text(alphabet, max_size=3)
    return st.builds("{}{}{}".format, parts, st.just(SECRET), parts)


PASSWORD = with_secret("ab1@:/?#&=;%[] \n'\"\\")
VALUE = with_secret("ab1:/?#%[] \n'\"\\")
NAME = st.sampled_from(
    ["password", "passwd", "sslpassword", "p%61ssword", "token", "passfile", "x"]
)
PLACE = st.builds("{}{}{}".format, SIMPLE, st.sampled_from(["", ":", ":5432", ":x"]), SIMPLE)
ADDRESSES = st.one_of(
    st.builds("{}://{}:{}@{}/{}".format, st.sampled_from(SCHEMES), TEXT, PASSWORD, PLACE, SIMPLE),
    st.builds("{}://{}/n?{}={}".format, st.sampled_from(SCHEMES), PLACE, NAME, VALUE),
    st.builds("{}://{}/n?port=1&{}={}".format, st.sampled_from(SCHEMES), PLACE, NAME, VALUE),
    st.builds("postgresql:{}{}:{}@h/n".format, st.sampled_from(["", "/"]), SIMPLE, PASSWORD),
    st.builds("{}://{}:{}/n".format, st.sampled_from(SCHEMES), SIMPLE, with_secret("ab: ")),
)


@settings(max_examples=size(10_000, 200), deadline=None)
@example("postgres://me:hunter2@host/name")
@example("postgresql://host/name?user=me&password=hunter2")
@example("postgresql://host:hunter2/")
@given(ADDRESSES)
def test_a_password_is_never_shown(address):
    assert SECRET not in masked(address)
    assert masked(masked(address)) == masked(address)
    said = ""
    try:
        said = readable(read_address(address))
    except ExperimentError as error:
        said = str(error)
    assert SECRET not in said


def test_a_password_that_could_be_a_host_is_not_shown():
    for address in ("postgresql://h:1/n?password=a@hunter2", "postgresql://a:b?c@hunter2/n"):
        assert masked(address).endswith("***")


@pytest.mark.parametrize(
    "place",
    [
        *("results.db", "a:b@c.db", "C:/runs/results.db", "sqlite:////runs/results.db"),
        *("postgresql://me@host:5432/runs", "postgresql:///runs?host=/tmp&port=5432"),
        *("postgresql://me@[::1]:5432/runs", "postgresql://me@[::1]/runs"),
    ],
)
def test_what_is_no_password_is_shown(place):
    assert masked(place) == place


@pytest.mark.parametrize("port", ["abc", "hunter2", "1 2", "-", "99999999999999999999x"])
def test_a_port_that_is_no_number(complaint, port):
    said = complaint("results", "list", "--results", f"postgresql://me@host:{port}/")
    assert "PORT is a number" in said


@pytest.mark.parametrize("address", ["postgres://me:hunter2@h/n", "mysql://h/n?password=hunter2"])
def test_no_command_shows_a_password(patchwright, tmp_path, address):
    (tmp_path / "one").mkdir()
    for command in (
        ("results", "list", "--results"),
        ("match", "a.wav", "--results"),
        ("match", "a.wav", "--study"),
        ("run", "s.yaml", "--results"),
        ("run", "s.yaml", "--cluster"),
    ):
        suite = "name: s\ndefaults: {target: {random: 1}}\nsweep: {seed: 0..1}\n"
        (tmp_path / "s.yaml").write_text(suite)
        code, said, complaint = patchwright(*command, address)
        assert code == 2
        assert SECRET not in said + complaint
        assert "***" in complaint
