"""The reports in a real browser: at the width of a phone and of a desk, light and dark, printed.

Needs Chromium or a browser of its kind; where there is none the tests are skipped and say so.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("fcntl", reason="the browser is driven over pipes, which this system lacks")

from browser import Page, browser, find_browser

import simulate as sim
from simulate.data import published_results
from simulate.report.html import write_report
from simulate.report.html.agreement import write_agreement_report
from simulate.report.html.evidence import write_backtest_report, write_replay_report
from simulate.verify.backtest import backtest
from simulate.verify.replay import replay_shipped

pytestmark = pytest.mark.slow_without_compiler

PHONE, DESK = (390, 844), (1280, 900)
#: Words on their background; large ones may have less (WCAG 2.1, criterion 1.4.3).
CONTRAST, LARGE_CONTRAST = 4.5, 3.0
REPORTS = (
    "run",
    "compare",
    "one-sided",
    "large",
    "exact",
    "agreement",
    "replay",
    "backtest",
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium, Chrome or Edge on the path, and SIMULATE_BROWSER names none")
    # Not pytest's own folder: the browser still writes to its profile while it ends.
    profile = Path(tempfile.mkdtemp(prefix="simulate-browser-"))
    try:
        with browser(program, profile) as running:
            yield running.open_page()
    finally:
        shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    files = {name: folder / f"{name}.html" for name in REPORTS}
    aco = sim.ACO.from_published_results("A1401").scaled_to(5_200)
    named = aco.model_copy(update={"name": "Accountable-Care-Partners-of-" + "Long" * 20})
    run = sim.run(named, years=300)
    write_report(run, files["run"], command="simulate run --aco A1401 " + "--set x=1 " * 20)
    write_report(run, files["compare"], sim.compare(run, "track-2", "enhanced"))
    write_report(sim.run(aco, ["track-1"], years=300, true_savings=0.0), files["one-sided"])
    # Hundreds of millions, and chances with two decimals: the widest figures there are.
    large = sim.ACO.from_published_results("A1001")
    write_report(sim.run(large, ["basic-a", "basic-e", "enhanced"], years=2_000), files["large"])
    write_report(sim.run(aco, ["basic-a", "enhanced"], engine="exact"), files["exact"])
    paths = sim.run_agreement(aco, ["glide-path", "enhanced"], years=300)
    compared = sim.compare_paths(paths, "glide-path", "enhanced")
    write_agreement_report(paths, files["agreement"], compared)
    write_replay_report(replay_shipped(), files["replay"])
    found = backtest(published_results(2018), published_results(2019))
    write_backtest_report(found, files["backtest"])
    return files


@pytest.fixture(
    scope="module",
    params=[
        (name, width, dark)
        for name in REPORTS
        for width, dark in ((PHONE, False), (DESK, False), (PHONE, True), (DESK, True))
    ],
    ids=lambda case: f"{case[0]}-{case[1][0]}{'-dark' if case[2] else ''}",
)
def shown(page: Page, reports: dict[str, Path], request: pytest.FixtureRequest) -> Page:
    name, (width, height), dark = request.param
    page.show(reports[name], width, height, dark)
    return page


# --- what must hold however it is shown ---------------------------------------


def test_the_browser_has_nothing_to_complain_of(shown: Page) -> None:
    assert shown.complaints() == []


def test_nothing_is_asked_of_the_network(shown: Page) -> None:
    assert [url for url in shown.requests() if not url.startswith("file:")] == []
    assert len(shown.requests()) == 1


def test_nothing_scrolls_sideways(shown: Page) -> None:
    wide, window = shown.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window


def test_every_picture_is_loaded_and_described(shown: Page) -> None:
    pictures = shown.evaluate(
        "[...document.images].map(i => [i.complete, i.naturalWidth, i.alt.trim().length])"
    )
    assert pictures
    assert all(complete and width > 0 and words > 30 for complete, width, words in pictures)


#: Words that reach out of the window or of the cell or block that they are in.
_CUT_OFF = """
(() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const holder = node.parentElement;
    if (!node.data.trim() || holder.closest('.unseen, .skip, style')) continue;
    if (matchMedia('(max-width: 760px)').matches && holder.closest('table.cards thead')) continue;
    const block = holder.closest('td, th, p, li, summary, figcaption, caption, pre, dd, h1, h2');
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      const outer = block && getComputedStyle(block).display !== 'contents'
        ? block.getBoundingClientRect() : document.body.getBoundingClientRect();
      const out = box.right > outer.right + 1.5 || box.left < outer.left - 1.5;
      if (box.width && (out || box.right > innerWidth + 0.5 || box.left < -0.5)) {
        found.push(node.data.trim().slice(0, 60));
        break;
      }
    }
  }
  return found;
})()
"""


def test_no_words_are_cut_off(shown: Page) -> None:
    shown.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert shown.evaluate(_CUT_OFF) == []
    wide, window = shown.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window


#: Words whose colour is too close to what is behind them, with the ratio.
_FAINT = """
((least, large) => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    if (!node.data.trim() || node.parentElement.closest('style')) continue;
    const style = getComputedStyle(node.parentElement);
    const pair = [luminance(parts(style.color)), luminance(behind(node.parentElement))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? large : least;
    if (ratio < wanted) found[node.data.trim().slice(0, 40)] = ratio.toFixed(2);
  }
  return found;
})
"""


def test_words_stand_out_from_what_is_behind_them(shown: Page) -> None:
    assert shown.evaluate(f"{_FAINT}({CONTRAST}, {LARGE_CONTRAST})") == {}


def test_the_page_follows_the_colour_scheme(shown: Page) -> None:
    dark, background = shown.evaluate(
        "[matchMedia('(prefers-color-scheme: dark)').matches, "
        "getComputedStyle(document.body).backgroundColor]"
    )
    brightness = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert brightness < 120 if dark else brightness > 700


# --- what a keyboard or a screen reader needs ----------------------------------


@pytest.fixture(params=REPORTS)
def read(page: Page, reports: dict[str, Path], request: pytest.FixtureRequest) -> Page:
    page.show(reports[request.param], *DESK)
    return page


def test_headings_are_in_order(read: Page) -> None:
    levels = read.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_there_are_landmarks_and_every_anchor_leads_somewhere(read: Page) -> None:
    for landmark in ("header", "main", "footer"):
        assert read.evaluate(f"document.querySelectorAll('body > {landmark}').length") == 1
    assert read.evaluate("document.documentElement.lang") == "en"
    astray = read.evaluate(
        "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
        ".filter(h => !h.startsWith('#') || !document.getElementById(h.slice(1)))"
    )
    assert astray == []
    ids = read.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_every_table_says_what_it_is(read: Page) -> None:
    assert read.evaluate("[...document.querySelectorAll('table')].every(t => t.caption)")
    assert read.evaluate("[...document.querySelectorAll('th')].every(t => t.scope)")
    # Cards on a phone are no table to a browser unless they say so.
    unsaid = "table.cards:not([role]), table.cards tr:not([role]), table.cards td:not([role])"
    assert read.evaluate(f"document.querySelectorAll('{unsaid}').length") == 0


def test_a_keyboard_skips_to_the_answer(page: Page, reports: dict[str, Path]) -> None:
    page.show(reports["run"], *DESK)
    page.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.press("Enter")
    assert page.evaluate("location.hash") == "#answer"


def test_a_keyboard_opens_what_is_closed(page: Page, reports: dict[str, Path]) -> None:
    page.show(reports["run"], *PHONE)
    page.evaluate("document.querySelector('summary').focus()")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter")
    assert page.evaluate("document.querySelector('details').open")


def test_the_contents_are_beside_a_wide_report_and_above_a_narrow_one(
    page: Page, reports: dict[str, Path]
) -> None:
    edge = "document.querySelector('{}').getBoundingClientRect()"
    page.show(reports["run"], *DESK)
    nav, main = (edge.format(name) for name in ("nav ol", "main"))
    assert page.evaluate(f"{nav}.right <= {main}.left")
    page.show(reports["run"], *PHONE)
    assert page.evaluate(f"{nav}.bottom <= {main}.top")


# --- on paper -------------------------------------------------------------------


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.mark.parametrize("dark", [False, True])
def test_it_prints_on_a_sensible_number_of_pages(
    page: Page, reports: dict[str, Path], dark: bool
) -> None:
    page.show(reports["run"], *DESK, dark)
    assert 8 <= pages_of(page.printed()) <= 15
    page.show(reports["one-sided"], *DESK, dark)
    assert 4 <= pages_of(page.printed()) <= 9


def test_paper_shows_what_the_screen_folds_away(page: Page, reports: dict[str, Path]) -> None:
    page.show(reports["run"], *DESK)
    page.send("Emulation.setEmulatedMedia", media="print")
    heights = page.evaluate(
        "[...document.querySelectorAll('details:not(.screen-only) > :last-child')]"
        ".map(e => e.getBoundingClientRect().height)"
    )
    page.send("Emulation.setEmulatedMedia", media="")
    assert len(heights) > 5
    assert all(height > 10 for height in heights)
