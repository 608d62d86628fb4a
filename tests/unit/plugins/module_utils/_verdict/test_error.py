# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log lines of gateways lead to the rows of the table, with names that the table has never seen and whatever a logger makes of them.

lines.yml has lines by the finding that must come first.
"""

from __future__ import annotations

import json
import pathlib
import re
import shlex

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import about, common_words, explained, needles, plain
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import HOLES, KINDS
from hypothesis import given, settings
from hypothesis import strategies as st

LINES = yaml.safe_load((pathlib.Path(__file__).parent / "lines.yml").read_text(encoding="utf-8"))
NONE = LINES.pop("none")


def package(name):
    error = f'plugin.Open(\\"p\\"): plugin was built with a different version of package {name}'
    return f'level=error msg="Could not load Go-plugin" error="{error}"'


def codes(text):
    return [kind["code"] for kind in explained(text)]


@pytest.mark.parametrize(("first", "line"), [(first, line) for first, lines in LINES.items() for line in lines])
def test_each_line_leads_to_its_finding_first(first, line):
    found = codes(line)
    assert found[:1] == [first]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("line", ["", "level=info msg=started", *NONE])
def test_what_is_no_error_of_a_plugin_is_not_explained(line):
    assert explained(line) == []


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        (package("internal/goarch"), "go-line-differs", {"trimpath-differs"}),
        (package("runtime/internal/sys"), "race-differs", {"trimpath-differs"}),
        (package("net"), "tags-differ", {"go-patch-differs"}),
        (package("net/http"), "trimpath-differs", {"go-patch-differs", "tags-differ"}),
        (package("crypto/internal/fips140/sha256"), "gofips140-differs", {"trimpath-differs"}),
        (package("main"), "plugin-path-collides", set()),
        (package("github.com/sirupsen/logrus"), "dependency-version-differs", {"dependency-replaced", "plugins-differ"}),
        (
            package("github.com/TykTechnologies/tyk/internal/reflect"),
            "gateway-source-differs",
            {"gateway-not-in-workspace", "cover-differs"},
        ),
        (package("github.com/TykTechnologies/tyk-pump/analytics"), "dependency-version-differs", {"dependency-edited"}),
        ("could not cast function symbol to http.HandlerFunc", "symbol-not-a-function", {"signature-differs"}),
        ("fatal error: runtime: no plugin module data", "not-a-go-binary", {"go-layout-differs", "not-a-plugin"}),
        ("/lib/libc.so.6: version `GLIBC_2.38' not found (required by /p.so)", "libc-newer-than-gateway", {"libc-newer-than-host"}),
        ('Shared object "libfoo.so.3" not found, required by "p.so"', "library-missing", {"platform-differs"}),
    ],
)
def test_what_else_it_may_be(text, first, others):
    found = codes(text)
    assert found[0] == first and others <= set(found)


def test_the_gateways_own_packages_are_no_dependency():
    assert not {"dependency-edited", "dependency-replaced"} & set(codes(package("github.com/TykTechnologies/tyk/log")))


def test_a_package_is_not_taken_for_another_that_it_begins():
    assert "pgo-differs" not in codes(package("runtime/debug"))[:1]
    assert "race-differs" not in codes(package("runtimex.org/a"))


# --- Words that the table has never seen ------------------------------------------------------------------------------------------------

IDENTIFIER = st.from_regex(r"[A-ZÄÖÜ][A-Za-z0-9_äöü]{0,30}", fullmatch=True)
FILE = st.from_regex(r"[a-z0-9][a-z0-9_.+ -]{0,20}[a-z0-9]\.so", fullmatch=True)
FOLDERS = st.from_regex(r"(?:/[A-Za-z0-9_.+ -]{0,12}[A-Za-z0-9]){1,4}", fullmatch=True)
ELEMENT = r"[a-z0-9][a-z0-9_~-]{0,10}[a-z0-9]"
WORDS = {
    "arch": st.sampled_from(["arm64", "x86_64", "ELFCLASS32", "little", "goplugin"]),
    "bundle": st.from_regex(r"[a-z0-9_. -]{1,30}\.zip", fullmatch=True),
    "file": st.one_of(
        FILE,
        st.builds("{}/{}".format, FOLDERS, FILE),
        st.builds("plugin/unnamed-{}".format, st.from_regex(r"[0-9a-f]{40}", fullmatch=True)),
    ),
    "function": st.from_regex(r"Get[A-Z][A-Za-z]{2,20}", fullmatch=True),
    "hook": IDENTIFIER,
    "library": st.from_regex(r"lib[a-z0-9_+-]{1,20}\.so(\.[0-9]{1,3}){0,3}", fullmatch=True),
    "module": st.from_regex(rf"{ELEMENT}(\.{ELEMENT}){{1,2}}(/{ELEMENT}){{0,4}}(/v[2-9])?", fullmatch=True),
    "number": st.integers(400, 599).map(str),
    "package": st.from_regex(rf"{ELEMENT}(/{ELEMENT}){{0,3}}", fullmatch=True),
    "path": st.builds("{}/{}".format, FOLDERS, FILE),
    "reason": st.from_regex(r"[a-z0-9][A-Za-z0-9 =.,_-]{0,60}[a-z0-9]", fullmatch=True),
    "symbol": IDENTIFIER,
    "trace": st.lists(st.from_regex(r"[a-z]{1,9}\.[a-zA-Z]{1,9}\(0x[0-9a-f]{1,8}\)", fullmatch=True), max_size=20).map("\n{}\n".format),
    "type": st.from_regex(r"[a-z]{1,9}\.[A-Z][a-zA-Z]{0,20}", fullmatch=True),
    "version": st.from_regex(r"[1-9]?[0-9]\.[0-9]{1,2}", fullmatch=True),
}


def quoted(text):
    """As logrus writes a value."""
    return json.dumps(text, ensure_ascii=False)


def as_json(text):
    return json.dumps({"error": text, "level": "error", "msg": "it went wrong", "time": "2026-01-02T03:04:05Z"}, ensure_ascii=False)


LOGGERS = {
    "nothing": lambda text: text,
    "a command": lambda text: f"tyk: error: unexpected error: {text}, try --help",
    "logrus": lambda text: f'time="2026-01-02T03:04:05Z" level=error msg="it went wrong" error={quoted(text)} prefix=main',
    "the message of logrus": lambda text: f'time="Jan 02 03:04:05" level=error msg={quoted(text)} mwPath="/our plugins/a.so"',
    "logrus in colour": lambda text: f"\x1b[31mERRO\x1b[0m[Jan 02 03:04:05] it went wrong \x1b[31merror\x1b[0m={quoted(text)}",
    "logrus as JSON": as_json,
    "Docker": lambda text: json.dumps({"log": f"level=error msg={quoted(text)}\n", "stream": "stderr", "time": "2026-01-02T03:04:05.6Z"}),
    "JSON in Docker": lambda text: json.dumps({"log": as_json(text) + "\n", "stream": "stderr"}),
    "Kubernetes": lambda text: f"2026-01-02T03:04:05.678901234Z stderr F level=error msg={quoted(text)}",
    "kubectl": lambda text: f"[pod/tyk-7d9f-x2x/gateway] {as_json(text)}",
    "journald": lambda text: f"Jan 02 03:04:05 gw1 tyk[4711]: #033[31mERRO#033[0m {text}",
    "syslog": lambda text: f"<27>1 2026-01-02T03:04:05Z gw1 tyk 4711 - - {as_json(text)}",
    "a web page": lambda text: text.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&#39;"),
    "YAML": lambda text: text.replace("'", "''"),
    "a word processor": lambda text: text.replace("'", "\u2019"),
}
ERRORS = [(kind.code, error) for kind in KINDS.values() for error in kind.errors]


def test_each_word_of_the_table_has_a_meaning_and_examples_here():
    used = {hole for _code, error in ERRORS for hole in re.findall(r"<(\w+)>", error)}
    assert used == set(HOLES) == set(WORDS)
    assert not any("..." in error for _code, error in ERRORS)


@pytest.mark.parametrize("logger", LOGGERS)
@settings(max_examples=20)
@given(error=st.sampled_from(ERRORS), data=st.data())
def test_each_error_leads_to_its_row_with_any_words_and_through_any_logger(logger, error, data):
    leads_to_its_row(*error, LOGGERS[logger], data)


@pytest.mark.parametrize(("code", "error"), ERRORS)
@settings(max_examples=3)
@given(logger=st.sampled_from(sorted(LOGGERS)), data=st.data())
def test_each_error_leads_to_its_row_with_any_words(code, error, logger, data):
    leads_to_its_row(code, error, LOGGERS[logger], data)


def leads_to_its_row(code, error, logger, data):
    line = logger(re.sub(r"<(\w+)>", lambda hole: data.draw(WORDS[hole[1]], hole[1]), error))
    found = codes(line)
    assert code in found, line
    # Only rows that share a text may come before each other.
    alike = {other for other, known in ERRORS if known == error} | {"previous-failure"}
    if "<module>" not in error and "<package>" not in error:
        assert found[0] in alike or any(longer(other, error, line) for other in found[: found.index(code)]), (found, line)
    assert any(needle in line for needle in needles()), line
    assert any(word in line for word in common_words()), line


def longer(code, error, line):
    """Whether a row has an error with more fixed words than this one, which is in the line too."""
    return any(len(re.sub(r"<\w+>", "", known)) >= len(re.sub(r"<\w+>", "", error)) for known in KINDS[code].errors)


@given(IDENTIFIER, st.one_of(FILE, st.builds("{}/{}".format, FOLDERS, FILE)), st.sampled_from(sorted(LOGGERS)))
def test_a_line_names_its_plugin_and_symbol(symbol, file, logger):
    line = plain(LOGGERS[logger](f'mwSymbolName="{symbol}" path=x "mwPath":"{file}"'))
    if logger != "the message of logrus":
        assert about(line)[:2] == (file, symbol)
    assert about(plain(LOGGERS[logger](f"plugin: symbol {symbol} not found in plugin {file}"))).symbol == symbol
    assert about(plain(LOGGERS["nothing"](f'plugin.Open("{file}"): realpath failed'))).plugin == file


@given(WORDS["module"], st.sampled_from(["", ".", ",", '"', " (previous failure)", ": rebuild it", "\\n"]))
def test_a_line_names_the_package_without_what_follows_it(name, end):
    assert about(plain(f"plugin was built with a different version of package {name}{end}")).package == name


# --- What to do -------------------------------------------------------------------------------------------------------------------------


def test_fixes_have_no_braces_left():
    for _code, error in ERRORS:
        for found in explained(error):
            assert not any(re.search(r"[{}]", command) for command in found["cure"])


def test_fixes_name_what_the_line_names_and_quote_it():
    (found,) = [row for row in explained("plugin: symbol A$(id) not found in plugin x") if row["code"] == "symbol-missing"]
    assert shlex.split(found["cure"][0]) == ["grep", "-rn", r"\bA$(id)\b", "PLUGIN_FOLDER"]
    (found,) = explained('plugin.Open("/a b/x;id.so"): /a b/x;id.so: failed to map segment from shared object: Operation not permitted')[:1]
    assert shlex.split(found["cure"][0]) == ["findmnt", "--target", "/a b/x;id.so", "--output", "TARGET,OPTIONS"]


def test_a_long_hostile_line_is_done_at_once():
    for text in ("/ " * 8000, "/" * 16000, "a.b/" * 4000, "panic: " * 2000, '"' * 16000, "\\" * 16000):
        for end in (
            ": cannot open shared object file: No such file or directory",
            "plugin.lastmoduleinit plugin.Open(",
            "different version of package",
        ):
            explained(text + end)
