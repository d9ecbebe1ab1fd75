"""Figures for a page: small SVG that is readable on paper, on white and on a dark screen."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from simulate.report.figures.house import svg_uri

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PREFIX = "data:image/svg+xml;base64,"

#: The background of a dark page, `--paper` in report.css.
DARK_PAPER = "#12181f"
#: On a dark screen: what surrounds the data. Colour of the house to its dark counterpart.
SURROUNDINGS = {
    "#ffffff": DARK_PAPER,
    "#1b2733": "#e6ebf0",
    "#44515d": "#b4c0ca",
    "#55626e": "#a7b3be",
    "#8a97a3": "#76838f",
    "#c3ccd4": "#46525d",
    "#dce3e9": "#2f3942",
    "#dfe5ea": "#2a333c",
    "#edf1f4": "#262f38",
    "#bfd9ea": "#1f4a66",
    "#6fa9cf": "#3b7ba5",
}
#: Shapes of data that are too dark there; all others stay as they are.
SHAPES = {
    "#005a46": "#3aa88c",
    "#00654b": "#35a585",
    "#00573f": "#1f8064",
    "#4a1d4f": "#96599e",
    "#af4f89": "#d283b4",
}
#: Lines and words are thinner than shapes, and want more contrast.
LINES = {"#0072b2": "#4aa5de", **SHAPES}
WORDS = {"#a84600": "#f08f52", "#d55e00": "#f08f52", **LINES}


def picture_uri(figure: Figure) -> str:
    """Return a figure as an SVG data URI for `<img>`; the same figure gives the same text."""
    svg = base64.b64decode(svg_uri(figure).removeprefix(_PREFIX)).decode("utf-8")
    svg = _smaller(svg).replace("</style>", f"{_dark_style()}</style>", 1)
    return _PREFIX + base64.b64encode(svg.encode("utf-8")).decode("ascii")


def _smaller(svg: str) -> str:
    """Return the same picture without comments, idle white space and digits nobody can see."""
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(?<= d=")[^"]*', _shorter_path, svg)
    svg = re.sub(r">\s+<", "><", svg)
    return re.sub(r'<g id="[^"]*">', "<g>", svg)


def _shorter_path(path: re.Match[str]) -> str:
    """Return the data of a path to a hundredth of a point."""
    rounded = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", path[0])
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", rounded)


def _dark_style() -> str:
    """Return what a dark screen changes: an SVG in a page follows the page's colour scheme."""
    rules = [
        *(_rule("path", "fill", *pair) for pair in {**SURROUNDINGS, **SHAPES}.items()),
        *(_rule("use", "fill", *pair) for pair in {**SURROUNDINGS, **SHAPES}.items()),
        *(_rule("g", "fill", *pair) for pair in {**_IN_WORDS, **WORDS}.items()),
        *(_rule("*", "stroke", *pair) for pair in {**SURROUNDINGS, **LINES}.items()),
    ]
    return f"@media (prefers-color-scheme: dark) {{{''.join(rules)}}}"


#: White words stand on a shape and stay white.
_IN_WORDS = {old: new for old, new in SURROUNDINGS.items() if old != "#ffffff"}


def _rule(element: str, what: str, old: str, new: str) -> str:
    return f'{element}[style*="{what}: {old}"]{{{what}:{new}!important}}'
