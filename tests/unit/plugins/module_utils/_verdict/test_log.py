# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole logs: what is found in them, what is put together, and how much of them is kept."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import log

PACKAGE = "plugin was built with a different version of package"


def entry(error, plugin="mw/auth.so", symbol="Check", at="03:04:05"):
    error = json.dumps(error)
    return f'time="Jan 02 {at}" level=error msg="Could not load Go-plugin" error={error} mwPath={plugin} mwSymbolName={symbol}\n'


def missing(name):
    return f'time="Jan 02 03:04:04" level=warning msg="plugin file {name} doesn\'t exist"\n'


def noise(number):
    return f'time="Jan 02 03:04:{number % 60:02}" level=info msg="API Loaded" api_id=a{number} org_id=o plugin_count=0\n'


def summary(answers):
    return [(answer.plugin, answer.symbol, answer.line, answer.times, answer.explained[0]["code"]) for answer in answers]


def test_each_plugin_and_symbol_is_answered_once():
    text = "".join(
        [
            noise(1),
            entry('plugin.Open("mw/auth"): plugin already loaded'),
            entry(f"{PACKAGE} net", "mw/log.so", "Log"),
            entry('plugin.Open("mw/auth"): plugin already loaded (previous failure)', at="03:05:05"),
            entry('plugin.Open("mw/auth"): plugin already loaded (previous failure)', symbol="Other"),
            entry(f"{PACKAGE} net", "mw/log.so", "Log", at="03:06:05"),
        ]
    )
    answers = log.answers_to(text)
    assert summary(answers) == [
        ("mw/auth.so", "Check", 2, 2, "plugin-path-taken"),
        ("mw/log.so", "Log", 3, 2, "tags-differ"),
        ("mw/auth.so", "Other", 5, 1, "previous-failure"),
    ]
    assert [row["code"] for row in answers[0].explained] == ["plugin-path-taken", "plugin-not-loaded", "previous-failure"]
    assert answers[1].packages == ("net",)


def test_names_that_were_tried_belong_to_the_plugin_and_matter_less():
    tried = [missing("mw/auth_v5.3.6_linux_amd64.so"), missing("mw/auth_5.3.6_linux_amd64.so")]
    (answer,) = log.answers_to("".join([*tried, entry(f"{PACKAGE} net")]))
    assert (answer.plugin, answer.symbol, answer.line, answer.times) == ("mw/auth.so", "Check", 3, 3)
    assert [answer.explained[0]["code"], answer.explained[-1]["code"]] == ["tags-differ", "plugin-name-tried"]
    two = log.answers_to("".join([*tried, entry(f"{PACKAGE} net"), entry(f"{PACKAGE} net", symbol="Other")]))
    assert [(one.symbol, one.times) for one in two] == [("Check", 3), ("Other", 1)]
    (harmless,) = log.answers_to("".join(tried))
    assert [row["effect"] for row in harmless.explained] == ["info"]


def test_plugins_of_one_name_in_two_folders_are_two():
    assert len(log.answers_to(entry("realpath failed", "a/x.so") + entry("realpath failed", "b/x.so"))) == 2


def test_each_api_without_its_bundle_is_answered():
    line = "level=error msg=\"Couldn't load bundle: Bundle isn't signed\" api_id={} org_id=o path=- prefix=main\n"
    answers = log.answers_to(line.format("a1") + line.format("a2") + line.format("a1"))
    assert [(answer.api, answer.times, answer.explained[0]["code"]) for answer in answers] == [
        ("a1", 2, "bundle-signature-wrong"),
        ("a2", 1, "bundle-signature-wrong"),
    ]


def test_the_lines_of_a_crash_are_read_as_one():
    crash = "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV]\n\ngoroutine 1 [running]:\n"
    frames = "".join(f"runtime.f{number}()\n\t/usr/local/go/src/runtime/x.go:{number}\n" for number in range(5))
    (answer,) = log.answers_to(f"{noise(1)}{crash}{frames}plugin.lastmoduleinit()\n{noise(2)}")
    assert (answer.line, answer.explained[0]["code"]) == (2, "go-layout-differs")
    # A frame in what follows is not of this crash.
    assert log.answers_to(f"{crash}{frames}{noise(1)}plugin.lastmoduleinit()\n") == []


def test_a_log_without_plugins_has_no_answers():
    assert log.answers_to("".join(map(noise, range(100)))) == []


def test_what_the_result_has_of_an_answer():
    (answer,) = log.answers_to("\x1b[31mERRO\x1b[0m[0001] No bundle base URL set, skipping bundle\r\n" + "x" * 3000)
    as_dict = answer.as_dict()
    assert (as_dict["plugin"], as_dict["symbol"], as_dict["api"], as_dict["packages"]) == (None, None, None, [])
    assert as_dict["text"] == "ERRO[0001] No bundle base URL set, skipping bundle"


def test_a_hostile_log_gives_a_bounded_result():
    answers = log.answers_to("".join(entry(f"{PACKAGE} p{number}", f"mw/{number}.so") for number in range(1000)))
    assert len(answers) == 200
    long = log.answers_to(entry(f"{PACKAGE} net") + "\x1b]0;x\x07" + entry(f"{PACKAGE} os", "a\x1b[2Jb.so"))
    assert all("\x1b" not in log.as_text(answer) and len(answer.text) <= 500 for answer in long)


# --- Files ------------------------------------------------------------------------------------------------------------------------------


def test_a_file_is_read_with_lines_that_are_cut(tmp_path):
    path = tmp_path / "tyk.log"
    with path.open("wb") as file:
        file.write(entry(f"{PACKAGE} net").encode())
        file.write(b"x" * 40000 + entry(f"{PACKAGE} os", "late.so").encode())
        file.write(b"\xff\xfe\x00" + entry(f"{PACKAGE} os", "mw/b.so").encode())
        file.write(entry("realpath failed", "mw/c.so").encode().rstrip())
    assert [(answer.plugin, answer.line) for answer in log.read(str(path))] == [("mw/auth.so", 1), ("mw/b.so", 3), ("mw/c.so", 4)]


def test_a_log_that_grows_is_read_to_where_it_ended(tmp_path, monkeypatch):
    path = tmp_path / "tyk.log"
    path.write_text(noise(1) * 3)
    understood = log.needles

    def meanwhile():
        with path.open("a") as file:
            file.write(entry("realpath failed"))
        return understood()

    monkeypatch.setattr(log, "needles", meanwhile)
    assert log.read(str(path)) == []


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_at_once(make, tmp_path):
    make(tmp_path / "odd")
    with pytest.raises((GoPluginsError, IsADirectoryError)) as error:
        log.read(str(tmp_path / "odd"))
    assert "odd" in str(error.value)


MEASURE = """
import resource, sys
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import log
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
answers = log.read(sys.argv[1])
print(len(answers), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_log_is_read_in_little_memory_and_at_once(tmp_path):
    """A line of 100 MB, a tail of zeros as after a crash of the machine, and many lines that say the same."""
    path = tmp_path / "tyk.log"
    with path.open("wb") as file:
        file.write("".join(map(noise, range(20000))).encode())
        file.write("".join(entry(f"{PACKAGE} net", at=f"03:{n // 60 % 60:02}:{n % 60:02}") for n in range(20000)).encode())
        file.write(b"plugin.Open(" * (100 * 2**20 // 12) + b"\n")
        file.truncate(file.tell() + 200 * 2**20)
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True)
    answers, grown = map(int, done.stdout.split())
    assert answers == 1
    assert grown * (1 if sys.platform == "darwin" else 1024) < 16 * 2**20, resource.getpagesize()
    assert time.monotonic() - started < 30


# --- With the files ---------------------------------------------------------------------------------------------------------------------


def verdict(plugin, *findings):
    common = {
        "effect": "fails",
        "title": "T",
        "meaning": "M.",
        "cure": ["exactly this"],
        "message": "m",
        "evidence": {},
        "stage": "packages",
    }
    return {"plugin": plugin, "findings": [{**common, "code": code, "packages": list(packages)} for code, packages in findings]}


def test_the_cause_that_the_files_show_comes_first_with_its_own_fix():
    (answer,) = log.answers_to(entry(f'plugin.Open("mw/auth"): {PACKAGE} internal/goarch'))
    found = log.confirmed(
        answer, [verdict("/o/auth_v5.3.6_linux_amd64.so", ("race-differs", ["net", "internal/goarch"]), ("tags-differ", ["os"]))]
    )
    first = found.explained[0]
    assert (first["code"], first["confirmed"], first["cure"]) == ("race-differs", True, ["exactly this"])
    others = {row["code"]: row["confirmed"] for row in found.explained[1:]}
    assert others["trimpath-differs"] is False and others["plugin-not-loaded"] is None
    assert "tags-differ" not in [row["code"] for row in found.explained if row["confirmed"]]
    text = log.as_text(found)
    assert "  is: T [race-differs]\n    Fix: exactly this" in text and "trimpath-differs" not in text


def test_a_cause_without_packages_is_confirmed_by_its_code():
    (answer,) = log.answers_to("plugin: symbol Check not found in plugin x")
    assert log.confirmed(answer, [verdict("/o/auth.so", ("symbol-missing", []))]).explained[0]["confirmed"] is True
    refuted = log.confirmed(answer, [verdict("/o/auth.so")])
    assert [row["confirmed"] for row in refuted.explained] == [False]
    assert "were replaced since" in log.as_text(refuted)


def test_what_makes_no_package_differ_is_no_cause_of_a_line_with_a_package():
    (answer,) = log.answers_to(entry(f"{PACKAGE} net"))
    found = log.confirmed(answer, [verdict("/o/auth.so", ("tags-differ", []), ("go-patch-differs", []))])
    assert {row["code"]: row["confirmed"] for row in found.explained}["tags-differ"] is False
    assert True not in {row["confirmed"] for row in found.explained}


def test_what_no_file_shows_stays_open():
    (answer,) = log.answers_to(entry("/mw/auth.so: undefined symbol: crc"))
    assert {row["confirmed"] for row in log.confirmed(answer, [verdict("/o/auth.so")]).explained} == {None}


def test_a_line_about_another_plugin_is_left_alone():
    (answer,) = log.answers_to(entry(f"{PACKAGE} net"))
    results = [verdict("/o/other.so", ("race-differs", ["net"]))]
    assert log.confirmed(answer, results) == answer
    nameless = log.answers_to(f"{PACKAGE} net")[0]
    assert log.confirmed(nameless, results).explained[0]["code"] == "race-differs"
    assert log.confirmed(nameless, [*results, verdict("/o/third.so")]) == nameless
