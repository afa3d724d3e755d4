# SPDX-License-Identifier: GPL-2.0-only
"""Who is urgent goes before who is not; nobody is lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from threading import Event, Thread, Timer, main_thread

import pytest

from tests.waiting import wait_until
from zpconvert.validate.turns import Turns


def test_the_urgent_go_first() -> None:
    turns = Turns(1)
    order: list[bool] = []

    def take(urgent: bool) -> None:
        with turns.turn(urgent=urgent):
            order.append(urgent)

    with turns.turn(urgent=False):
        threads = [Thread(target=take, args=(urgent,)) for urgent in (False, True, False, True)]
        for thread in threads:
            thread.start()
        wait_until(lambda: turns.urgent == 2)
    for thread in threads:
        thread.join(30)
    assert order == [True, True, False, False]


def test_no_more_than_so_many() -> None:
    turns = Turns(2)
    order: list[str] = []

    def third() -> None:
        with turns.turn(urgent=True):
            order.append("third")

    with turns.turn(urgent=True):
        with turns.turn(urgent=False):
            thread = Thread(target=third)
            thread.start()
            wait_until(lambda: turns.urgent == 1)
            order.append("two")
        thread.join(30)
    assert order == ["two", "third"]


def test_a_turn_that_raises_is_over() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="this"), turns.turn(urgent=False):
        raise ValueError("this")
    with turns.turn(urgent=False):
        assert turns.urgent == 0


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C counts: pytest-xdist's workers ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_who_is_interrupted_while_waiting_holds_up_nobody() -> None:
    """Ctrl-C comes in the main thread, which is the one that compares."""
    turns = Turns(1)
    main = main_thread().ident
    assert main is not None
    timer = Timer(0.1, signal.pthread_kill, [main, signal.SIGINT])
    with turns.turn(urgent=False), pytest.raises(KeyboardInterrupt):
        timer.start()
        with turns.turn(urgent=True):
            pytest.fail("there was no turn to have")
    assert turns.urgent == 0
    with turns.turn(urgent=False):
        pass


def test_one_turn_that_is_left_is_for_who_is_not_urgent() -> None:
    turns = Turns(2)
    had = Event()

    def take(urgent: bool) -> None:
        with turns.turn(urgent=urgent):
            if urgent:
                assert had.wait(30)
            else:
                had.set()

    with turns.turn(urgent=False), turns.turn(urgent=False):
        threads = [Thread(target=take, args=(urgent,)) for urgent in (True, False)]
        for thread in threads:
            thread.start()
        wait_until(lambda: turns.urgent == 1)
    for thread in threads:
        thread.join(30)
    assert had.is_set()
