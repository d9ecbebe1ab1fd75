"""The look of the workbook: fonts, colours, number formats."""

from __future__ import annotations

from typing import Any

from simulate.measures.estimate import Estimate
from simulate.report.figures.house import INK, MUTED
from simulate.report.numbers import decimals_for

_INPUT, _RESULT, _HEADER, _LINE = "#FFF4C2", "#E4F1E9", "#DCE6EF", "#C3CCD4"
_WARNING, _ASSUMED = "#FFD9B3", "#E3D9F5"

#: What every cell starts from. Arial is there, or has a twin of the same widths, everywhere.
BASE: dict[str, Any] = {"font_name": "Arial", "font_size": 10, "font_color": INK, "valign": "top"}

#: Styles by name; a cell may have several, later ones win.
STYLES: dict[str, dict[str, Any]] = {
    "text": {"text_wrap": True},
    "line": {},
    "code": {"font_name": "Courier New", "font_size": 9},
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 12},
    "note": {"font_color": MUTED, "text_wrap": True},
    "header": {"bold": True, "bg_color": _HEADER, "text_wrap": True, "bottom": 1,
               "bottom_color": INK, "valign": "bottom"},
    "right": {"align": "right"},
    "left": {"align": "left"},
    "centre": {"align": "center"},
    "bold": {"bold": True},
    "indented": {"indent": 1, "align": "left"},
    "ruled": {"top": 1, "bottom": 1, "top_color": _LINE, "bottom_color": _LINE},
    "band": {"bold": True, "top": 1, "bottom": 1, "top_color": _LINE, "bottom_color": _LINE},
    "wrong": {"bg_color": "#D55E00", "font_color": "#FFFFFF"},
    "error": {"font_color": MUTED, "font_size": 9},
    "link": {"font_color": "#0B5CAD", "underline": 1},
    "input": {"bg_color": _INPUT, "border": 1, "border_color": _LINE, "locked": False},
    "result": {"bg_color": _RESULT, "bold": True, "top": 1, "bottom": 1,
               "top_color": _LINE, "bottom_color": _LINE},
    "unconfirmed": {"bg_color": _WARNING, "bold": True},
    "assumed by the user": {"bg_color": _ASSUMED, "bold": True},
    "count": {"num_format": "#,##0"},
    "year": {"num_format": "0"},
    "whole": {"num_format": "0"},
    "ratio": {"num_format": "0.00"},
    **{f"ratio{n}": {"num_format": f"0.{n * '0'}"} for n in range(2, 5)},
    "dollars": {"num_format": "$#,##0"},
    "cents": {"num_format": "$#,##0.00"},
    "no-losses": {"num_format": '0;0;"none"'},
    **{f"percent{n}": {"num_format": f"{'0.' + n * '0' if n else '0'}%"} for n in range(7)},
}  # fmt: skip


def number_style(estimate: Estimate, is_dollars: bool) -> str:
    """Return the style of a figure: dollars in full, percent to what its error supports."""
    if is_dollars:
        return "dollars"
    most = 3 if estimate.standard_error else 2
    return f"percent{decimals_for(100.0 * estimate.standard_error, most)}"


def error_style(estimate: Estimate, is_dollars: bool) -> str:
    """Return the style of a standard error: dollars in full, percent to its first digit."""
    if is_dollars:
        return "dollars"
    return f"percent{max(2, decimals_for(100.0 * estimate.standard_error, 4))}"


def exact_percent(rate: float) -> str:
    """Return the style that shows a stated rate in full: 2.5 % and not 3 %."""
    decimals = next(n for n in range(7) if n == 6 or round(100.0 * rate, n) == round(100 * rate, 9))
    return f"percent{decimals}"
