"""Figures written to files of their own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from simulate.errors import UserError
from simulate.output import replace_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What a file of each format says of its making; left out, so the same figure is the same file.
_UNSAID: dict[str, tuple[str, ...]] = {
    ".png": ("Software",),
    ".svg": ("Creator", "Date", "Format", "Type"),
    ".pdf": ("Creator", "Producer", "CreationDate"),
}
_DOTS_PER_INCH = 200


def check_figure_name(path: str, option: str) -> None:
    """Refuse a file name that does not say which format is wanted.

    Raises
    ------
    UserError
        Its ending is none of .png, .svg and .pdf.
    """
    if Path(path).suffix.lower() not in _UNSAID:
        raise UserError(
            f"{option} {path}: a file name that ends in {', '.join(_UNSAID)} is wanted."
        )


def write_figure(figure: Figure, path: str) -> None:
    """Write a figure in the format of the file's ending, complete or not at all.

    Raises
    ------
    UserError
        An ending that is not known, or a file that cannot be written.
    """
    from simulate.report.figures.house import house_style

    check_figure_name(path, "figure")
    suffix = Path(path).suffix.lower()
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(
            buffer,
            format=suffix[1:],
            dpi=_DOTS_PER_INCH,
            metadata=dict.fromkeys(_UNSAID[suffix]),
        )
    replace_file(path, buffer.getvalue())
