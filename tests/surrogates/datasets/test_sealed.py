import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.datasets.sealed import Column, SealedFile, write_sealed

COLUMNS = {"a": Column("float16", (3, 2)), "b": Column("uint8")}
DAMAGED = "damaged"


def table(n, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "a": rng.random((n, 3, 2)).astype(np.float16),
        "b": rng.integers(0, 9, n).astype(np.uint8),
    }


@given(n=st.integers(0, 300), seed=st.integers(0, 9), data=st.data())
@settings(max_examples=20, deadline=None)
def test_what_was_written_is_read(tmp_path_factory, n, seed, data):
    path = tmp_path_factory.mktemp("sealed") / "a.h5"
    written = table(n, seed)
    write_sealed(path, written, {"counts": [1, 2]})
    file = SealedFile(path, COLUMNS)
    assert file.rows == n
    assert file.counts("counts").tolist() == [1, 2]
    rows = np.array(data.draw(st.lists(st.integers(0, n - 1))) if n else [], np.int64)
    for name, column in written.items():
        np.testing.assert_array_equal(file.read(name), column)
        np.testing.assert_array_equal(file.read(name, rows), column[rows])


def test_equal_contents_give_equal_bytes_that_any_hdf5_reader_opens(tmp_path):
    for name in ("a.h5", "b.h5"):
        write_sealed(tmp_path / name, table(100))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["b"][:], table(100)["b"])


def test_every_damage_is_found_before_an_array_is_read(tmp_path):
    path = tmp_path / "a.h5"
    write_sealed(path, table(50))
    whole = path.read_bytes()
    for place in {*range(90), *range(500, len(whole), 101), len(whole) - 1}:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with pytest.raises(SurrogateError, match=f"a.h5 is {DAMAGED}"):
            SealedFile(path, COLUMNS).read("b")
    for length in (0, 100, 512, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(SurrogateError, match=DAMAGED):
            SealedFile(path, COLUMNS).read("b")
    path.write_bytes(whole + b"\0")
    with pytest.raises(SurrogateError, match=DAMAGED):
        SealedFile(path, COLUMNS).verify()
    path.unlink()
    with pytest.raises(SurrogateError, match="missing"):
        SealedFile(path, COLUMNS)


def test_arrays_of_another_shape_or_type_are_refused(tmp_path):
    path = tmp_path / "a.h5"
    write_sealed(path, table(5))
    for column in (Column("float32", (3, 2)), Column("float16", (2, 3)), Column("float16")):
        with pytest.raises(SurrogateError, match=DAMAGED):
            SealedFile(path, {"a": column}).read("a")
    with pytest.raises(SurrogateError, match=DAMAGED):
        SealedFile(path, {"c": Column("uint8")}).read("c")


def reseal(path, change):
    """Let a function change a file's HDF5, and give it the checksum that fits."""
    import hashlib

    with h5py.File(path, "r+") as file:
        change(file)
    content = path.read_bytes()[512:]
    digest = hashlib.sha256(content).hexdigest()
    header = f"patchwright sealed 1\nrows 5\nsha256 {digest}\n".encode().ljust(512, b"\0")
    path.write_bytes(header + content)


def test_links_to_other_files_are_not_followed(tmp_path):
    write_sealed(tmp_path / "secret.h5", table(5, seed=1))

    def external_link(file):
        del file["b"]
        file["b"] = h5py.ExternalLink(tmp_path / "secret.h5", "b")

    def external_storage(file):
        del file["b"]
        file.create_dataset("b", (5,), "uint8", external=[(str(tmp_path / "secret.h5"), 0, 5)])

    def virtual(file):
        del file["b"]
        layout = h5py.VirtualLayout((5,), "uint8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "b", shape=(5,))
        file.create_virtual_dataset("b", layout)

    for change in (external_link, external_storage, virtual):
        path = tmp_path / "a.h5"
        write_sealed(path, table(5))
        reseal(path, change)
        with pytest.raises(SurrogateError, match=DAMAGED):
            SealedFile(path, COLUMNS).read("b")


def test_columns_of_different_lengths_are_no_table(tmp_path):
    with pytest.raises(SurrogateError, match="rows"):
        write_sealed(tmp_path / "a.h5", {"a": np.zeros(3), "b": np.zeros(4)})
