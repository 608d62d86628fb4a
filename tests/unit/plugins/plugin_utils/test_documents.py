# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page, the results for CI and the comment, whatever plugins are called and compilers say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import html5lib
import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import documents, overview
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

TIME = "2026-01-31T12:00:00Z"
HTML = "{http://www.w3.org/1999/xhtml}"
HOSTILE = [
    "</pre><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "a|b`c`\\|<b>",
    "]]>&amp;{{ 7 * 7 }}",
    "```\n# x",
    "@all\x00\ufffe",
]


def rows_of(texts):
    """Rows with a text of C(texts) in each field, one that is well and one that is bad."""

    def text(number):
        return texts[number % len(texts)]

    detail = {name: text(number) for number, name in enumerate(("code", "effect", "title", "message", "meaning"), 3)}
    detail.update(evidence={text(4): text(5), text(6): [text(7)]}, packages=[text(8)], count=2, fix=[text(9), f"$ {text(1)}"])
    raised = [{"module": text(1), "gateway": text(2), "plugin": text(3), "path": [text(4), text(5)]}]
    common = {"host": text(0), "gateway": text(1), "target": text(2), "artifact": text(3), "loaded": text(4), "size": 5, "seconds": 1.5}
    well = {**common, "plugin": text(5), "verdict": "loads", "bad": False, "cause": "", "fix": [], "findings": ""}
    bad = {**well, "plugin": text(6), "verdict": text(7), "bad": True, "cause": text(8), "fix": [text(9)], "raised": raised}
    return [well, bad, {**bad, "details": [detail]}]


def overview_of(texts, by_target=True):
    return overview.of_rows("build_plugins", rows_of(texts), by_target, texts[:2])


def elements(text):
    return [node for node in html5lib.parse(text).iter() if isinstance(node.tag, str)]


PLAIN = ["plain", "words", "here"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("by_target", [True, False])
def test_no_field_is_markup(text, by_target):
    # The verdict decides the tone, so it stays; one text in all places has the same elements as another.
    page = documents.as_html(overview_of([text], by_target), TIME)
    scripts = [node for node in elements(page) if node.tag == f"{HTML}script"]
    assert len(scripts) == 1 and "alert" not in (scripts[0].text or "")
    assert not [name for node in elements(page) for name in node.attrib if name.startswith("on")]
    assert not [node for node in elements(page) if node.tag == f"{HTML}img"]


@settings(max_examples=25)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=10))
def test_no_text_becomes_an_element_of_the_page(texts):
    page = documents.as_html(overview_of(texts), TIME)
    parser = html5lib.HTMLParser(strict=True)
    tags = {node.tag.removeprefix(HTML) for node in parser.parse(page).iter() if isinstance(node.tag, str)}
    known = {node.tag.removeprefix(HTML) for node in elements(documents.as_html(overview_of(PLAIN), TIME))}
    assert tags <= known | {"pre"}


MARKUP = "<>&\"'"
LETTERS = str.maketrans(
    MARKUP,
    "\N{GREEK SMALL LETTER ALPHA}\N{GREEK SMALL LETTER BETA}\N{GREEK SMALL LETTER GAMMA}"
    "\N{GREEK SMALL LETTER DELTA}\N{GREEK SMALL LETTER EPSILON}",
)


@settings(max_examples=25)
@given(st.lists(st.text(st.sampled_from(f"{MARKUP} abscript/!-[]`|{{}}%#\n"), min_size=1), min_size=1, max_size=10))
def test_letters_of_markup_are_as_any_other_letters(texts):
    page, plain = (documents.as_html(overview_of(words), TIME) for words in (texts, [text.translate(LETTERS) for text in texts]))
    assert [(node.tag, sorted(node.attrib)) for node in elements(page)] == [(node.tag, sorted(node.attrib)) for node in elements(plain)]
    words = ["".join(node.itertext()).translate(LETTERS) for node in elements(page) if node.tag == f"{HTML}main"]
    assert words == ["".join(node.itertext()) for node in elements(plain) if node.tag == f"{HTML}main"]


@settings(max_examples=25)
@given(st.lists(st.one_of(st.text(min_size=1), st.sampled_from(HOSTILE)), min_size=1, max_size=10))
def test_the_results_for_ci_are_xml_whatever_is_in_them(texts):
    root = ElementTree.fromstring(documents.as_junit(overview_of(texts), TIME).encode())
    cases = list(root.iter("testcase"))
    assert len(cases) == int(root.attrib["tests"]) == 3
    assert sum(len(case.findall("failure") + case.findall("error")) for case in cases) == 2
    assert {node.tag for node in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "error", "system-out"}


@settings(max_examples=25)
@given(st.lists(st.one_of(st.text(min_size=1), st.sampled_from(HOSTILE)), min_size=1, max_size=10))
def test_no_text_is_markup_of_the_comment(texts):
    found = overview_of(texts)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(documents.as_markdown(found, TIME))
    (table,) = [number for number, token in enumerate(tokens) if token.type == "table_open"]
    end = next(number for number, token in enumerate(tokens) if token.type == "table_close")
    assert sum(token.type == "td_open" for token in tokens[table:end]) == 6 * len(found.results)
    inline = [child for token in tokens if token.type == "inline" for child in token.children]
    assert {child.type for child in inline} <= {"text", "text_special", "html_inline", "softbreak"}
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<code>", "</code>"}
    fences = [token.content for token in tokens if token.type == "fence"]
    assert len(fences) == len(found.causes)
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert all(block.startswith(("<!--", "<details><summary>", "</details>")) for block in blocks)
    assert len([token for token in tokens if token.type == "heading_open"]) == 1


def test_the_comment_says_the_words_as_they_are():
    found = overview_of(["a|b`c`\\|<b>"])
    text = "".join(html5lib.parse(MarkdownIt("gfm-like", {"linkify": False}).render(documents.as_markdown(found, TIME))).itertext())
    assert text.count("a|b`c`\\|<b>") >= 6


def test_what_is_unknown_is_an_error_and_what_is_open_is_skipped():
    common = {"host": "h", "gateway": "v1", "target": "t", "cause": "why", "fix": ["$ mend"]}
    verdicts = [("loads", False), ("fails", True), ("unknown", True), ("not verified", False)]
    rows = [{**common, "plugin": verdict, "verdict": verdict, "bad": bad} for verdict, bad in verdicts]
    rows[0]["cause"] = ""
    root = ElementTree.fromstring(documents.as_junit(overview.of_rows("p", rows, True), TIME))
    assert [[child.tag for child in case if child.tag != "system-out"] for case in root.iter("testcase")] == [
        [],
        ["failure"],
        ["error"],
        ["skipped"],
    ]
    (suite,) = root
    assert {name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    # All that Jenkins' schema has there.
    assert root.attrib == {"name": "p", "tests": "4", "failures": "1", "errors": "1", "time": "0.000"}
    (failure,) = root.iter("failure")
    assert (failure.attrib["message"], failure.text) == ("why", "why\nFix:\n  $ mend")


def test_no_two_results_for_ci_are_named_alike():
    common = {"gateway": "v1", "target": "t", "verdict": "loads", "bad": False, "cause": "", "fix": []}
    names = [("a", "h1"), ("a", "h2"), ("b", "h1"), ("c", "h1"), ("c", "h1")]
    rows = [{**common, "plugin": plugin, "host": host} for plugin, host in names]
    root = ElementTree.fromstring(documents.as_junit(overview.of_rows("p", rows, True), TIME))
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["a (h1)", "a (h2)", "b", "c (h1) 4", "c (h1) 5"]
    assert {case.attrib["classname"] for case in root.iter("testcase")} == {"p.v1 t"}


def test_the_graph_joins_ways_that_begin_alike():
    ways = [["plugin", "a@v1", "x@v2"], ["plugin", "a@v1", "y@v3"]]
    raised = [{"module": way[-1][0], "plugin": way[-1][2:], "gateway": "v0", "path": way} for way in ways]
    row = {"plugin": "p", "verdict": "not built", "bad": True, "cause": "x", "raised": raised}
    drawn = documents.graph(overview.of_rows("p", [row], True).causes[0])
    assert [(node.label, node.note) for node in drawn.nodes] == [
        ("plugin", ""),
        ("a@v1", ""),
        ("x@v2", "the gateway has v0"),
        ("y@v3", "the gateway has v0"),
    ]
    assert [node.parent for node in drawn.nodes] == [None, drawn.nodes[0].y, drawn.nodes[1].y, drawn.nodes[1].y]
    assert drawn.words == "plugin, a@v1, x@v2, where the gateway has v0; plugin, a@v1, y@v3, where the gateway has v0"


def test_a_graph_of_many_modules_is_cut():
    raised = [{"module": f"m{number}", "plugin": "v1", "gateway": "v0", "path": []} for number in range(100)]
    row = {"plugin": "p", "verdict": "fails", "bad": True, "cause": "x", "raised": raised}
    drawn = documents.graph(overview.of_rows("p", [row], True).causes[0])
    assert len(drawn.nodes) + len(drawn.listed) == 101 and len(drawn.nodes) == 24 and drawn.hidden == 0
    assert drawn.listed[-1] == "m99: plugin v1, gateway v0"


def way_to(module, length):
    """A module that is C(length) modules away from the plugin."""
    between = [f"example.com/{module}/{number}@v1.0.0" for number in range(length - 1)]
    return {"module": module, "plugin": "v2", "gateway": "v1", "path": ["shop", *between, f"{module}@v2"]}


def drawing_of(*raised):
    row = {"plugin": "shop", "verdict": "fails", "bad": True, "cause": "x", "raised": list(raised)}
    return documents.graph(overview.of_rows("p", [row], True).causes[0])


def test_of_a_long_way_the_ends_are_drawn():
    drawn = drawing_of(way_to("net", 30))
    assert [node.label for node in drawn.nodes] == [
        "shop",
        "example.com/net/0@v1.0.0",
        "example.com/net/1@v1.0.0",
        "\N{HORIZONTAL ELLIPSIS} 25 modules \N{HORIZONTAL ELLIPSIS}",
        "example.com/net/27@v1.0.0",
        "example.com/net/28@v1.0.0",
        "net@v2",
    ]
    assert [node.note for node in drawn.nodes] == [""] * 6 + ["the gateway has v1"]
    assert "25 modules" in drawn.words and len(drawn.words) < 250 and not drawn.listed


def test_the_short_ways_are_drawn_first_and_each_whole():
    drawn = drawing_of(*(way_to(f"far{number}", 7) for number in range(4)), way_to("near", 1))
    ends = [node.label for node in drawn.nodes if node.note]
    assert ends == ["far0@v2", "far1@v2", "far2@v2", "near@v2"]
    assert len(drawn.nodes) == 23 and drawn.listed == ["far3: plugin v2, gateway v1"]


def finding_of(number, plugin, gateway):
    return {
        "code": f"code-{number}",
        "title": f"Finding number {number} of this kind",
        "message": f"{plugin} at {gateway}: 12 of {number} shared packages differ, as github.com/example/{plugin} has v1.{number}.0. " * 2,
        "meaning": "A plugin is loaded only if each package that both have is the same in both, with the same options of the compiler.",
        "evidence": {"module": f"github.com/example/{plugin}", "gateway": f"v1.{number}.0", "plugin": f"v1.{number + 1}.0"},
        "packages": [f"github.com/example/{plugin}/{name}" for name in range(12)],
        "count": 40,
        "fix": [f"$ go mod edit -require=github.com/example/{plugin}@v1.{number}.0", "$ go mod tidy"],
    }


def all_different(findings):
    """The rows of 20 plugins and 20 gateways that fail for different reasons."""
    common = {"host": "build1", "target": "linux/amd64", "verdict": "fails", "bad": True, "cause": "x", "fix": [], "findings": ""}
    names = [(f"plugin-{plugin}", f"v5.{gateway}.0") for plugin in range(20) for gateway in range(20)]
    return [
        {
            **common,
            "plugin": plugin,
            "gateway": gateway,
            "artifact": f"/home/ann/dist/{gateway}/{plugin}_{gateway}_linux_amd64.so",
            "details": [finding_of(number, plugin, gateway) for number in range(findings)],
            "raised": [way_to("golang.org/x/net", 5)],
        }
        for plugin, gateway in names
    ]


@pytest.mark.parametrize("findings", [1, 10])
def test_a_page_stays_small_where_everything_fails_for_another_reason(findings):
    found = overview.of_rows("build_plugins", all_different(findings), True)
    page = documents.as_html(found, TIME)
    assert len(page.encode()) < 1_000_000
    main = next(node for node in elements(page) if node.tag == f"{HTML}main")
    for node, cause in zip([node for node in main.iter(f"{HTML}details") if node.attrib["class"] == "cause"], found.causes):
        text = "".join(node.itertext())
        assert all(line.removeprefix("$ ") in text for line in finding_of(0, cause.results[0].plugin, cause.results[0].place.title)["fix"])
        assert "golang.org/x/net" in text and (f"and {cause.hidden} more finding" in text) == (cause.hidden > 0)
        assert len(cause.findings) + cause.hidden == findings
    assert sum(len(drawn.nodes) > 0 for drawn in documents.graphs(found.causes).values()) > 20
    assert page.count("A plugin is loaded only if") == 1


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (999, "999 B"), (1500, "2 kB"), (28_700_000, "28.7 MB"), (3e9, "3.0 GB")])
def test_sizes_in_words(count, words):
    assert documents.size_of(count) == words


@pytest.mark.parametrize(("seconds", "words"), [(1.25, "1.2 s"), (41.2, "41 s"), (72, "1 min 12 s"), (3600, "1 h 00 min")])
def test_durations_in_words(seconds, words):
    assert documents.seconds_of(seconds) == words


def test_a_comment_stays_below_what_a_pull_request_takes():
    rows = [
        {"plugin": f"{number}" * 200, "verdict": "fails", "bad": True, "cause": f"{number} <>" * 3000, "fix": []} for number in range(300)
    ]
    text = documents.as_markdown(overview.of_rows("build_plugins", rows, True), TIME)
    assert len(text) < 65_536 and "more, which the page" in text


LONG = [f"gateway-{number:04}.eu-west-1.example.com" for number in range(2500)]
# Each character of it becomes six.
MARKED = "<|>" * 30_000


@pytest.mark.parametrize("words", [*HOSTILE, MARKED, ", ".join(LONG)])
def test_a_comment_has_its_limit_whatever_is_long(words):
    common = {"gateway": words, "target": words, "verdict": words, "loaded": words, "artifact": words, "cause": words, "fix": [words] * 9}
    rows = [{**common, "plugin": words, "host": host, "bad": number % 2 == 0} for number, host in enumerate(LONG[:20])]
    text = documents.as_markdown(overview.of_rows(words, rows, True, [f"{number} {words}" for number in range(500)]), TIME)
    assert len(text) < 65_536
    assert "..." in text or len(words) < 100


def test_hosts_without_plugins_are_a_sentence_and_not_a_screen():
    rows = [{"plugin": "-", "host": host, "verdict": "no plugins", "bad": False, "cause": "no *.so in /opt", "fix": []} for host in LONG]
    found = overview.of_rows("verify_plugins", rows, False)
    assert found.headline == f"no plugin was checked on {', '.join(LONG[:5])} and 2495 more"
    assert len(documents.as_markdown(found, TIME)) < 65_536


def test_a_cause_that_is_long_hides_none():
    long = [(f"long{number}", f"first line {number}\n" + "it says a lot\n" * 8000) for number in range(4)]
    common = {"host": "h", "verdict": "fails", "bad": True, "fix": ["$ mend"]}
    rows = [{**common, "plugin": name, "cause": cause} for name, cause in [*long, ("short", "why")]]
    text = documents.as_markdown(overview.of_rows("build_plugins", rows, True), TIME)
    assert text.count("<details>") == text.count("$ mend") == 5 and "\nwhy\n" in text
    assert len(re.findall("first line [0-3]\n", text)) == 4


def test_causes_after_those_that_do_not_fit_are_explained():
    blocks = [["x" * 100], ["y" * 10], ["z" * 10]]
    assert documents._within(blocks, 50, "explains") == ["y" * 10, "z" * 10, "", "... and 1 more, which the page explains"]
    assert documents._within(blocks, 500, "shows", 1) == ["x" * 100, "", "... and 2 more, which the page shows"]


def test_lost_hosts_are_named_in_the_comment():
    common = {"plugin": "-", "gateway": "", "target": "", "verdict": "unknown", "bad": True, "cause": "the host was lost", "fix": []}
    text = documents.as_markdown(overview.of_rows("p", [{**common, "host": f"build{number}"} for number in range(7)], True), TIME)
    assert "<code>build0, build1, build2, build3, build4 and 2 more</code>" in text


def test_what_is_left_out_is_said_in_the_results_for_ci():
    text = documents.as_junit(overview.of_rows("build_plugins", all_different(10), True), TIME)
    assert text.count("more findings left out") == 400
