"""The colours of a page and of its figures: contrast in light and dark, nothing left out."""

from __future__ import annotations

import base64
import re
from importlib import resources

import pytest
from test_palette import linear

import simulate as sim
from simulate.report import figures
from simulate.report.figures.house import figure_of
from simulate.report.html.svg import DARK_PAPER, LINES, SHAPES, SURROUNDINGS, WORDS, picture_uri

CSS = "".join(
    resources.files("simulate.report").joinpath("templates", name).read_text("utf-8")
    for name in ("report.css", "print.css")
)
#: Colours of words in the style sheet, and what each may stand on.
WORDS_ON = {
    "ink": ("paper", "soft"),
    "muted": ("paper", "soft"),
    "blue": ("paper", "soft"),
    "orange": ("paper", "soft"),
    "on-orange": ("orange",),
}
#: What may be faint: it holds no data.
QUIET = {"#c3ccd4", "#dce3e9", "#dfe5ea", "#edf1f4", "#bfd9ea"}


def contrast(one: str, other: str) -> float:
    shares = [0.2126, 0.7152, 0.0722]
    bright = sorted(float(linear(colour) @ shares) + 0.05 for colour in (one, other))
    return bright[1] / bright[0]


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


SCHEMES = {
    "light": variables(CSS[: CSS.index("@media")]),
    "dark": variables(CSS[CSS.index("@media (prefers-color-scheme: dark)") :].split("}\n}")[0]),
    "paper": variables(CSS[CSS.index("@media print") :]),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_of_the_page_can_be_read(scheme: str) -> None:
    colours = SCHEMES[scheme]
    assert set(WORDS_ON) | {"paper", "soft"} <= set(colours)
    for word, grounds in WORDS_ON.items():
        for ground in grounds:
            assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_has_the_focus_can_be_seen(scheme: str) -> None:
    assert contrast(SCHEMES[scheme]["focus"], SCHEMES[scheme]["paper"]) >= 3.0


def test_figures_stand_on_the_paper_of_the_page() -> None:
    assert SCHEMES["dark"]["paper"] == DARK_PAPER
    assert SCHEMES["light"]["paper"] == "#ffffff"


@pytest.fixture(scope="module")
def drawn() -> list[str]:
    """SVG of every figure of a report, as the page has it."""
    aco = sim.ACO.from_published_results("A1401").scaled_to(5_200)
    run = sim.run(aco, ["track-1", "track-2", "basic-c", "basic-e", "enhanced"], years=60)
    names = ("net_outcome", "probabilities", "exceedance", "true_savings", "size", "history",
             "convergence", "decomposition", "payoff")  # fmt: skip
    found = [figures.draw(run, name) for name in names]
    comparison = sim.compare(run, "basic-e", "enhanced")
    found.append(figure_of(figures.paired_difference(comparison)))
    return [svg_of(picture_uri(figure)) for figure in found]


def svg_of(uri: str) -> str:
    return base64.b64decode(uri.partition(",")[2]).decode("utf-8")


def used(svgs: list[str], pattern: str) -> set[str]:
    return {colour for svg in svgs for colour in re.findall(pattern, svg)}


def on_dark(table: dict[str, str], colour: str) -> str:
    return table.get(colour, SURROUNDINGS.get(colour, colour))


@pytest.mark.slow_without_compiler
def test_words_of_the_figures_can_be_read_in_the_dark(drawn: list[str]) -> None:
    words = used(drawn, r'<g style="fill: (#[0-9a-f]{6})"')
    assert len(words) > 3
    for colour in words - {"#ffffff"}:  # white stands on a shape that stays dark
        assert contrast(on_dark(WORDS, colour), DARK_PAPER) >= 4.5, colour


@pytest.mark.slow_without_compiler
def test_data_of_the_figures_can_be_seen_in_the_dark(drawn: list[str]) -> None:
    for table, what in ((SHAPES, "fill"), (LINES, "stroke")):
        colours = used(drawn, rf"<(?:path|use)[^>]*{what}: (#[0-9a-f]{{6}})") - {"#ffffff"}
        assert len(colours) > 5
        for colour in colours - QUIET:
            assert contrast(on_dark(table, colour), DARK_PAPER) >= 3.0, (what, colour)


@pytest.mark.slow_without_compiler
def test_a_figure_follows_the_scheme_of_its_page(drawn: list[str]) -> None:
    for svg in drawn:
        style = svg[svg.index("<style") : svg.index("</style>")]
        assert "@media (prefers-color-scheme: dark)" in style
        for old, new in {**SURROUNDINGS, **SHAPES}.items():
            assert f'path[style*="fill: {old}"]{{fill:{new}!important}}' in style


@pytest.mark.slow_without_compiler
def test_a_figure_of_a_page_is_the_figure_and_smaller(drawn: list[str]) -> None:
    for svg in drawn:
        assert "<!--" not in svg
        assert "<metadata" not in svg
        for link in set(re.findall(r'xlink:href="#([^"]+)"', svg)):
            assert f'id="{link}"' in svg
        for link in set(re.findall(r"url\(#([^)]+)\)", svg)):
            assert f'id="{link}"' in svg


def test_paths_are_rounded_to_a_hundredth_of_a_point() -> None:
    from simulate.report.html.svg import _smaller

    scale = 'transform="scale(0.015625)"'
    svg = f'<svg>\n <path d="M 1.23456 -7.891234 \nL 3 4.5 \nz\n" {scale}/>\n</svg>'
    assert _smaller(svg) == f'<svg><path d="M1.23 -7.89L3 4.5z" {scale}/></svg>'
