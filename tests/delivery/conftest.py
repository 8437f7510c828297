"""Deliveries that end with their test."""

import pytest

from metlo_auto.delivery import Delivery
from tests.delivery.settings import adds_up, make_settings


@pytest.fixture
def deliver():
    """Makes deliveries, and ends them after the test."""
    made = []

    def make(host, tmp_path=None, **options):
        delivery = Delivery(make_settings(host, tmp_path, **options))
        made.append(delivery)
        return delivery

    yield make
    for delivery in made:
        delivery.end()
        assert adds_up(delivery.stats()), delivery.stats()
