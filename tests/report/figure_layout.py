"""Whether all words of a figure can be read: inside the picture, and none over another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from simulate.report.figures.house import house_style

#: Pixels at which boxes may touch: a box holds the room above and below the letters too.
_TOLERANCE = 1.0


def shown_words(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return every text that is drawn, with its box in pixels."""
    canvas = FigureCanvasAgg(figure)
    with house_style():
        canvas.draw()
    hidden = {id(text) for axes in figure.axes for text in _not_drawn(axes)}
    texts = [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]
    renderer = canvas.get_renderer()
    # Of the words alone: the box of an annotation would hold its arrow.
    return [(text.get_text(), Text.get_window_extent(text, renderer)) for text in texts]


def _not_drawn(axes: Axes) -> Iterator[Text]:
    """Yield the words of ticks that lie outside the axes, and of axes that are off."""
    for axis in (axes.xaxis, axes.yaxis):
        scale = axis.get_transform()
        low, high = sorted(scale.transform(axis.get_view_interval()))
        room = 1e-9 * (high - low)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            (place,) = scale.transform([tick.get_loc()])
            if not (axes.axison and low - room <= place <= high + room):
                yield from (tick.label1, tick.label2)
        if not axes.axison:
            yield from (axis.label, axis.get_offset_text())


def unreadable(figure: Figure) -> list[str]:
    """Return what is cut off or written over something else, in words; empty where all is well."""
    words = shown_words(figure)
    whole = figure.bbox
    found = [
        f"{text!r} is cut off"
        for text, box in words
        if box.x0 < whole.x0 - _TOLERANCE
        or box.y0 < whole.y0 - _TOLERANCE
        or box.x1 > whole.x1 + _TOLERANCE
        or box.y1 > whole.y1 + _TOLERANCE
    ]
    for (one, first), (other, second) in combinations(words, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        if wide > _TOLERANCE and high > _TOLERANCE:
            found.append(f"{one!r} and {other!r} overlap")
    return found
