"""Lets other threads have the interpreter between two pieces of work; knows nothing of what they are."""

from metlo_auto.clocks import sleep

PAUSE = 0.00005  # seconds; without any, whoever waits for the interpreter would wake up too late to get it


def yield_gil() -> None:
    """To be called every 0.1 ms of work or so; greenlets get their turn too."""
    sleep(PAUSE)
