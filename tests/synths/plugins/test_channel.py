"""Messages between processes: of any size, whole, and at an end when the other end is closed."""

import os
import socket
import threading

import numpy as np
import pytest

from patchwright.synths.plugins import platform
from patchwright.synths.plugins.channel import Channel


@pytest.fixture
def ends():
    near, far = map(Channel, socket.socketpair())
    yield near, far
    for end in (near, far):
        end.close()


@pytest.mark.parametrize("size", [0, 1, 2**20])  # the last is more than a socket holds
def test_messages_arrive_whole_and_in_order(ends, size):
    near, far = ends
    sent = [np.random.default_rng(0).random(size), "x" * size, None]
    thread = threading.Thread(target=lambda: [near.send(message) for message in sent])
    thread.start()
    numbers, text, nothing = (far.receive() for _ in sent)
    thread.join()
    assert np.array_equal(numbers, sent[0])
    assert text == sent[1]
    assert nothing is None


def test_a_finished_channel_ends_after_what_was_sent(ends):
    near, far = ends
    near.send(1)
    platform.finish(near.file)
    assert platform.ready([far.file], 5.0) == [far.file]
    assert far.receive() == 1
    with pytest.raises(EOFError):
        far.receive()
    far.send(2)  # the other direction stays open
    assert near.receive() == 2


def test_nothing_is_ready_before_something_was_sent(ends):
    near, far = ends
    assert platform.ready([near.file, far.file], 0.01) == []
    near.send(1)
    assert platform.ready([near.file, far.file], 5.0) == [far.file]


def test_descriptors_are_received_and_not_inherited(ends):
    near, far = ends
    ours, theirs = os.pipe()
    platform.send_files(near.file, [theirs])
    (received,) = platform.receive_files(far.file, 1)
    os.close(theirs)
    os.write(received, b"x")
    assert os.read(ours, 2) == b"x"
    assert not os.get_inheritable(received)
    for file in (ours, received):
        os.close(file)
    platform.finish(near.file)
    with pytest.raises(EOFError):
        platform.receive_files(far.file, 1)
