# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guard says, and that programs can read it."""

from __future__ import annotations

import json
import re

import hypothesis
from ansible_collections.goplugins.tyk.plugins.module_utils._guard import report
from ansible_collections.goplugins.tyk.plugins.module_utils._guard.check import Outcome, Reason, Row
from hypothesis import strategies as st

DIFFERS = Reason("go-version-differs", "fails", "Another Go release. It is 1.22.6", ("cd A && go build", "file B"))
CRASHES = Reason("cpu-newer", "may-crash", "Newer CPU.", ())
DRIVER = Reason("driver-missing", "fails", "The driver is not set. So.", ("set it",), where="custom_middleware")


def row(*reasons, **more):
    values = {"api": "shop", "definition": "/apps/shop.json", "where": "custom_middleware.pre[0]", "kind": "pre"}
    return Row(**{**values, "path": "a.so", "symbol": "Check", "file": "/m/a_v5.3.6_linux_amd64.so", "reasons": reasons, **more})


def outcome(*rows, loose=()):
    return Outcome("/opt/tyk", "v5.3.6", "linux/amd64", rows, loose)


# --- The text format of Prometheus, as its documentation has it ------------------------------------------------------------------------

_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
_SERIES = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)\{{((?:{_LABEL})(?:,{_LABEL})*)\}} (-?[0-9.e+]+)")


def parsed(text):
    """From name and labels to value; each line must be of the format, each metric described before, and no series there twice."""
    found, typed, helped = {}, set(), set()
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped.add(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            assert line.endswith(" gauge")
            typed.add(line.split(" ")[2])
        else:
            match = _SERIES.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert name in typed and name in helped
            pairs = [label.split("=", 1) for label in re.findall(_LABEL, labels)]
            plain = {key: re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), quoted[1:-1]) for key, quoted in pairs}
            key = (name, tuple(sorted(plain.items())))
            assert key not in found, line
            found[key] = float(value)
    return found


def values(said, name):
    return {labels: value for (one, labels), value in parsed(report.prometheus(said)).items() if one == name}


def test_prometheus_gets_each_plugin_once_and_as_bad_as_its_worst_hook():
    rows = [row(), row(DIFFERS, where="custom_middleware.post[0]"), row(symbol="Other"), row(path="b.so", file="")]
    said = report.Said(outcome(*rows), 1700000000.9, 3, ("one", "two"), {"/apps/x.json": True})
    found = {dict(labels)["plugin"] + dict(labels)["symbol"]: value for labels, value in values(said, "tyk_plugin_loadable").items()}
    assert found == {"a.soCheck": 0, "a.soOther": 1, "b.soCheck": 0}
    gateway = (("gateway", "v5.3.6"),)
    assert values(said, "tyk_plugin_guard_refusals") == {gateway: 3}
    assert values(said, "tyk_plugin_guard_errors") == {gateway: 2}
    assert values(said, "tyk_plugin_guard_last_run_timestamp_seconds") == {gateway: 1700000000}
    assert values(said, "tyk_plugin_guard_disabled") == {(("definition", "/apps/x.json"), *gateway): 1}


def test_prometheus_gets_the_error_of_a_run_that_found_no_gateway():
    found = parsed(report.prometheus(report.Said(Outcome("/opt/tyk", "", ""), 1.0, 0, ("no such file",))))
    assert found[("tyk_plugin_guard_errors", (("gateway", "unknown"),))] == 1


@hypothesis.given(st.text(st.characters(codec=None), max_size=20), st.text(max_size=20))
def test_no_name_of_anything_breaks_the_format(api, path):
    labels = values(report.Said(outcome(row(api=api, path=path)), 1.0, 0), "tyk_plugin_loadable")
    (found,) = ({**dict(one)} for one in labels)
    assert found["path" if "path" in found else "plugin"] == path.encode("utf-8", "replace").decode()
    assert found["api"] == api.encode("utf-8", "replace").decode()


# --- Lines and JSON -----------------------------------------------------------------------------------------------------------------


def test_each_reason_is_one_line_with_its_fix():
    found = report.lines(
        outcome(row(DIFFERS, CRASHES), row(DIFFERS), loose=[("shop", "/apps/shop.json", DRIVER)]), lambda r: r.effect == "fails"
    )
    assert found == [
        (
            report.ERROR,
            "shop: Check of a.so (/m/a_v5.3.6_linux_amd64.so), custom_middleware.pre[0] of /apps/shop.json: fails: "
            "Another Go release. It is 1.22.6 [go-version-differs] Fix: cd A && go build && file B",
        ),
        (
            report.WARNING,
            "shop: Check of a.so (/m/a_v5.3.6_linux_amd64.so), custom_middleware.pre[0] of /apps/shop.json: may-crash: "
            "Newer CPU. [cpu-newer]",
        ),
        (report.ERROR, "shop: custom_middleware of /apps/shop.json: fails: The driver is not set. So. [driver-missing] Fix: set it"),
    ]


def test_no_line_is_two_and_none_moves_the_cursor():
    ((_level, text),) = report.lines(outcome(row(DIFFERS, api="a\nb\x1b[2J", path="c\rd")), bool)
    assert text.isprintable()


def test_the_summary_counts():
    assert report.summary(outcome(row())) == "v5.3.6: 1 plugins of 1 APIs, none of which will not load"
    loose = [("shop", "/apps/shop.json", DRIVER)]
    assert report.summary(outcome(row(), row(DIFFERS, definition="/b"), loose=loose)).endswith(
        "2 plugins of 2 APIs, 1 of which will not load; 1 more findings in definitions"
    )


def test_the_json_says_whether_which_and_why():
    said = report.Said(outcome(row(), row(DIFFERS, symbol="Other"), loose=[("shop", "/apps/shop.json", DRIVER)]), 5.5, 2)
    found = json.loads(json.dumps(report.as_dict(said)))
    assert (
        not found["loadable"]
        and found["time"] == 5
        and found["gateway"]
        == {
            "path": "/opt/tyk",
            "version": "v5.3.6",
            "platform": "linux/amd64",
        }
    )
    assert [(one["symbol"], one["loadable"], [reason["code"] for reason in one["reasons"]]) for one in found["plugins"]] == [
        ("Check", True, []),
        ("Other", False, ["go-version-differs"]),
    ]
    assert found["findings"][0]["code"] == "driver-missing" and found["findings"][0]["definition"] == "/apps/shop.json"


def test_an_error_is_no_yes():
    assert report.as_dict(report.Said(outcome(row()), 1.0, 0))["loadable"]
    assert not report.as_dict(report.Said(outcome(row()), 1.0, 0, ("it failed",)))["loadable"]


def test_what_no_file_shows_is_not_loadable():
    unknown = Reason("value-from-elsewhere", "unknown", "From elsewhere.", ())
    assert [row().verdict, row(DIFFERS, unknown).verdict, row(unknown).verdict, row(file="").verdict] == [
        "loads",
        "fails",
        "unknown",
        "unknown",
    ]
