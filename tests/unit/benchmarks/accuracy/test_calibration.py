import random

import pytest

from benchmarks.accuracy.calibration import calibration


def test_bands_hold_what_was_stated_against_what_was_right() -> None:
    found = calibration([(0.92, True), (0.94, False), (0.999, True), (1.0, True)])
    assert [(band.least, band.matches, band.right) for band in found.bands] == [(0.9, 2, 0.5), (0.999, 1, 1.0), (0.9999, 1, 1.0)]
    assert found.bands[0].stated == pytest.approx(0.93)
    assert found.expected_error == pytest.approx((2 * 0.43 + 0.001) / 4)
    assert (found.false, found.expected_false) == (1, pytest.approx(0.141))


def test_true_probabilities_are_within_chance() -> None:
    draw = random.Random(1)
    stated = [draw.choice((0.75, 0.97, 0.9995)) for _ in range(20_000)]
    found = calibration((one, draw.random() < one) for one in stated)
    assert all(abs(band.stated - band.right) < 4 * band.error for band in found.bands)
    assert calibration([]).expected_error == 0.0
