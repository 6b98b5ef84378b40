"""When a dead service is tried again."""

import pytest

from bot.inference.circuit import Circuit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def circuit(clock):
    return Circuit(threshold=3, rest_s=10, clock=clock)


def test_it_starts_closed(circuit):
    assert circuit.try_call()
    assert circuit.rest_left_s == 0


def test_failures_with_a_success_between_leave_it_closed(circuit):
    for _ in range(5):
        circuit.failed()
        circuit.failed()
        circuit.succeeded()

    assert circuit.try_call()


def test_failures_in_a_row_open_it_for_a_rest(circuit, clock):
    for _ in range(3):
        circuit.failed()

    assert not circuit.try_call()
    clock.now += 4
    assert circuit.rest_left_s == 6


def test_after_the_rest_one_call_tries_for_all(circuit, clock):
    for _ in range(3):
        circuit.failed()
    clock.now += 10

    assert [circuit.try_call() for _ in range(3)] == [True, False, False]
    circuit.succeeded()
    assert [circuit.try_call() for _ in range(3)] == [True, True, True]


def test_a_failed_try_is_a_rest_again(circuit, clock):
    for _ in range(3):
        circuit.failed()
    clock.now += 10
    assert circuit.try_call()
    clock.now += 5
    circuit.failed()

    assert circuit.rest_left_s == 10
