"""pace: what a host's answers say of how it wants to be asked."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from m3w_builder.fetch.pace import Pace, seconds_of


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 1, 1),
        ("0", 0, 0),
        ("120", 120, 120),
        (" 7 ", 7, 7),
        ("soon", 1, 1),
        ("-5", 1, 1),
        ("²", 1, 1),
        ("9" * 400, 999_999_999, 999_999_999),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Wed, 99 Oct 2015", 1, 1),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(text: str, low: float, high: float) -> None:
    assert low <= seconds_of(text) <= high


def test_a_retry_after_in_the_future_is_the_seconds_until_then() -> None:
    assert 80_000 <= seconds_of(formatdate(time.time() + 90_000, usegmt=True)) <= 90_000


def test_the_distance_grows_while_a_host_is_busy_and_shrinks_when_it_answers() -> None:
    pace = Pace()
    distances = []
    for status in (200, 429, 503, 429, 200, 200):
        pace.heard(status, "0", 0.01, 30.0)
        distances.append(pace.distance(0.0, 30.0))
    assert distances[0] == 0.0
    assert distances[1] < distances[2] < distances[3]
    assert distances[3] > distances[4] > distances[5]
    for _ in range(30):
        pace.heard(200, "", 0.01, 30.0)
    assert pace.distance(0.5, 30.0) == 0.5


def test_no_distance_or_pause_is_over_the_ceiling() -> None:
    pace = Pace()
    for _ in range(40):
        pace.heard(429, "86400", 0.01, 5.0)
    assert pace.distance(1.0, 5.0) <= 6.0
    assert pace.until - time.monotonic() <= 5.0


def test_a_host_that_gets_slow_is_asked_one_request_at_a_time() -> None:
    pace = Pace()
    for _ in range(5):
        pace.heard(200, "", 0.3, 30.0)
    assert pace.distance(0.0, 30.0) == 0.0
    for _ in range(30):
        pace.heard(200, "", 4.0, 30.0)
    assert 3.9 < pace.distance(0.0, 30.0) <= 4.0


def test_a_host_that_was_always_slow_is_left_at_that() -> None:
    pace = Pace()
    for _ in range(30):
        pace.heard(200, "", 4.0, 30.0)
    assert pace.distance(0.0, 30.0) == 0.0
