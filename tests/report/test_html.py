import html
import re
from html.parser import HTMLParser

import pytest

import simulate as sim
from simulate.report.html import render_report, write_report
from simulate.report.html.provenance import rules_hash
from simulate.report.html.tables import MEASURES, cell, unit_of

#: A report simulates under many true savings and sizes.
pytestmark = pytest.mark.slow_without_compiler

VOID = {"meta", "link", "img", "br", "hr"}


@pytest.fixture(scope="module")
def text(run, comparison):
    return render_report(run, comparison, command=["simulate", "run", "--aco", "A1"])


class Page(HTMLParser):
    """Collects the words and the references of a page, and checks that its tags nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.words, self.images = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [v for k, v in attrs if k in {"src", "href", "srcset", "action", "data"}]
        if tag == "img":
            self.images.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def body(self):
        """The words of the page, without those of its style."""
        return self.plain[self.plain.index("Skip to the answer") :]

    @property
    def plain(self):
        return re.sub(r"\s+", " ", "".join(self.words).replace("−", "-"))


def test_the_report_is_one_self_contained_file(text):
    page = Page(text)
    assert all(link.startswith(("data:", "#")) for link in page.links)
    assert not re.search(r"<script|@import|url\(", text)
    assert "default-src 'none'" in html.unescape(text)


def test_every_picture_has_a_description(text):
    images = Page(text).images
    assert len(images) >= 4
    assert all(len(image["alt"]) > 30 for image in images)


def test_every_contract_and_measure_is_in_the_report(text, run):
    plain, unit = Page(text).plain, unit_of(run)
    for contract_id, result in run.contracts.items():
        assert contract_id in plain
        assert result.resolved.contract.title in plain
        for measures in (result.measures, result.chance_alone):
            for name, title, is_dollars in MEASURES:
                shown = cell(getattr(measures, name), is_dollars, unit)
                assert title in plain
                assert f"{shown.value} {shown.error}".strip() in plain


def test_the_measures_of_the_report_are_all_there_are():
    assert {name for name, _, _ in MEASURES} == set(sim.Measures.__dataclass_fields__)


def test_every_term_is_shown_with_its_reference(text, run):
    plain = Page(text).plain
    for result in run.contracts.values():
        for term in result.resolved.contract.stated_terms().values():
            assert term.reference in plain
    assert "unconfirmed" in plain
    assert "proposed, never in force" in plain
    assert "ended after 2021" in plain


def test_what_reproduces_the_run_is_in_the_report(text, run):
    plain = Page(text).plain
    for expected in (rules_hash(run), "simulate run --aco A1", "Seed", "numpy", "[assumptions]"):
        assert expected in plain


def test_the_comparison_names_both_and_where_the_preference_changes(text):
    plain = Page(text).plain
    assert "BASIC track, Level E against ENHANCED track" in plain
    assert "Where the preference changes" in plain


def test_table_headers_have_a_scope(text):
    assert all("scope=" in tag for tag in re.findall(r"<th\b[^>]*>", text))


def test_a_hostile_name_is_escaped(aco):
    hostile = aco.model_copy(update={"name": "<script>alert(1)</script>", "id": '"><img src=x>'})
    run = sim.run(hostile, contracts=["track-1"], years=20)
    page = render_report(run, command="simulate run '<b>'")
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "<b>" not in page
    assert "<script>alert(1)</script>" in Page(page).plain


def test_terms_assumed_by_the_user_are_marked(aco):
    changed = sim.load_contract("enhanced").with_terms({"maximum_sharing_rate": 0.6})
    plain = Page(render_report(sim.run(aco, contracts=[changed], years=20))).plain
    assert "1 assumed by the user" in plain


def test_no_true_savings_is_one_view(aco):
    plain = Page(render_report(sim.run(aco, contracts=["track-2"], years=20, true_savings=0))).plain
    assert "there is one view" in plain


def test_the_same_run_gives_the_same_file(run, comparison, tmp_path):
    for name in ("a.html", "b.html"):
        write_report(run, tmp_path / name, comparison)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_an_unwritable_path_is_the_users_mistake(run, tmp_path):
    for path in (tmp_path / "missing" / "r.html", tmp_path, "/dev/null"):
        with pytest.raises(sim.UserError, match=re.escape(str(path))):
            write_report(run, path)


def test_an_existing_report_survives_a_failure(run, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("the report before")

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(sim.UserError, match="No space left"):
        write_report(run, path)
    assert path.read_text() == "the report before"
