"""Pages of memory that forks write to: they are found, copied at once, and keep their content."""

import os
import resource
import sys

import numpy as np
import pytest

from patchwright.synths.plugins import platform
from patchwright.synths.plugins.pages import RENDERS, WrittenPages, gather, own

PAGE = os.sysconf("SC_PAGE_SIZE")
COUNT = 400  # pages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these calls")


@pytest.fixture
def memory():
    """Pages `[n, bytes]` that begin at the start of a page."""
    whole = np.ones((COUNT + 1) * PAGE, np.uint8)
    start = -whole.ctypes.data % PAGE
    return whole[start : start + COUNT * PAGE].reshape(COUNT, PAGE)


def in_fork(call):
    """Return the bytes that a call returns in a fork."""
    ours, theirs = os.pipe()
    pid = platform.fork()
    if pid == 0:
        try:
            os.write(theirs, call())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as file:
        found = file.read()
    os.waitpid(pid, 0)
    return found


def test_a_fork_finds_the_pages_that_it_wrote_to(memory):
    def write():
        memory[::2, 7] += 1
        return np.isin(addresses(memory), own()).tobytes()

    found = np.frombuffer(in_fork(write), bool)
    assert found[::2].all()
    assert not found[1::2].any()
    assert (memory == 1).all()


def test_pages_that_most_renders_write_to_are_copied_before(memory):
    pages = WrittenPages()
    often, once = memory[: COUNT // 2], memory[COUNT // 2 :]
    for render in range(RENDERS):
        assert pages.learning
        pages.add(addresses(memory if render == 0 else often))
    assert not pages.learning

    def copy():
        before = own()
        pages.copy()
        copied = np.setdiff1d(own(), before)
        first, rest = faults(often), faults(once)
        same = (memory[:, 1:] == 1).all()
        shares = [np.isin(addresses(part), copied).mean() for part in (often, once)]
        return np.array([*shares, first, rest, same], float).tobytes()

    copied, untouched, first, rest, same = np.frombuffer(in_fork(copy), float)
    assert same
    assert rest >= COUNT // 2
    if not copied:
        pytest.skip("this kernel cannot copy pages at once")
    assert (copied, untouched) == (1, 0)
    assert first < COUNT // 20


def test_gathered_memory_keeps_its_content():
    rng = np.random.default_rng(0)
    content = rng.integers(0, 256, 2**23, np.uint8)
    expected = content.tobytes()

    def gathered():
        gather()
        return content.tobytes()[:-1] + b"+" if content.tobytes() == expected else b"lost"

    assert in_fork(gathered).endswith(b"+")
    assert content.tobytes() == expected


def addresses(memory):
    return memory.ctypes.data + PAGE * np.arange(len(memory))


def faults(memory):
    """Return how often writing to memory interrupts this process."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    memory[:, 0] = 2
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
