"""Colours of the figures under colour-vision deficiency, in gray, and as words on white.

Deficiency after Machado, Oliveira & Fernandes, "A Physiologically-based Model for Simulation
of Color Vision Deficiency", IEEE TVCG 15 (2009) 1291-1298: matrices of severity 1.0 for linear
RGB. Distances are CIE 1976 (L*a*b*, D65), where about 2.3 is just noticeable. Contrast as in
WCAG 2.1: 4.5 for words (criterion 1.4.3), 3 for graphical objects (1.4.11).
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from simulate.report.figures import house
from simulate.report.figures.decomposition import SOURCES

VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _TO_XYZ @ np.ones(3)

CURVES = [colour for colour, _ in house.CURVES]
#: Colours that stand beside each other without words on each.
TOGETHER = {
    "outcomes": [house.EARNS, house.OWES, house.NOTHING],
    "comparison": [house.FIRST, house.SECOND],
    "curves": CURVES,
    "intervals": [house.DARK, house.LIGHT],
}


def linear(colour: str) -> np.ndarray:
    value = np.array(to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    t = _TO_XYZ @ np.clip(rgb, 0.0, 1.0) / _WHITE
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, vision: str) -> float:
    seen = [lab(VISION[vision] @ linear(colour)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def lightness(colour: str) -> float:
    return float(lab(linear(colour))[0])


def contrast(colour: str, ground: str = "white") -> float:
    low, high = sorted(float(_TO_XYZ[1] @ linear(c)) for c in (colour, ground))
    return (high + 0.05) / (low + 0.05)


def test_the_measures_are_those_of_the_literature() -> None:
    assert contrast("black") == pytest.approx(21.0)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.005)  # the well-known limit of AA
    assert lightness("white") == pytest.approx(100.0)
    assert distance("#808080", "#808080", "protanopia") == 0.0
    # Pure red and a green that a deuteranope takes for alike, while all others do not.
    assert distance("#ff0000", "#a39a00", "full") > 4 * distance(
        "#ff0000", "#a39a00", "deuteranopia"
    )
    for vision in VISION.values():
        np.testing.assert_allclose(vision.sum(axis=1), 1.0, atol=2e-6)  # white stays white


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("group", TOGETHER)
def test_colours_that_stand_together_are_told_apart(group: str, vision: str) -> None:
    for one, other in combinations(TOGETHER[group], 2):
        assert distance(one, other, vision) > 14.0, (one, other)


@pytest.mark.parametrize("vision", VISION)
def test_neighbouring_sources_are_told_apart(vision: str) -> None:
    for (one, _), (other, _) in pairwise(SOURCES):
        assert distance(one, other, vision) > 25.0, (one, other)


def test_neighbouring_sources_are_told_apart_in_gray() -> None:
    for (one, _), (other, _) in pairwise(SOURCES):
        assert abs(lightness(one) - lightness(other)) > 15.0, (one, other)


def test_curves_are_told_apart_in_gray_by_their_dashes() -> None:
    assert len({dash for _, dash in house.CURVES}) == len(house.CURVES)
    styles = [tuple(house.curve_style(n).values()) for n in range(len(house.CURVES) ** 2)]
    assert len(set(styles)) == len(styles)
    assert abs(lightness(house.FIRST) - lightness(house.SECOND)) > 10.0


def test_words_can_be_read_on_white() -> None:
    words = (house.INK, house.MUTED, house.EARNS, house.OWES_TEXT, house.FIRST, house.SECOND)
    for colour in words:
        assert contrast(colour) >= 4.5, colour
    for fill, ink in SOURCES:
        assert contrast(ink, fill) >= 4.5, (ink, fill)


def test_lines_and_marks_stand_out_from_white() -> None:
    for colour in (house.EARNS, house.OWES, house.NOTHING, *CURVES):
        assert contrast(colour) >= 3.0, colour
