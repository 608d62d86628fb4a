# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the gateway's own answer means, with its words as it really says them."""

from __future__ import annotations

import os
import pathlib
import re
import stat
import sys
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._command import Completed
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import (
    COMMAND,
    Answer,
    Trial,
    ask,
    ask_all,
    prove,
    understand,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import judge

from .conftest import differ, settings, wanting

OK = Answer("AuthCheck", True, 0, None, "[file=p.so, symbol=AuthCheck] loaded ok, got 0x76e1aeb52140")


def refused(package, symbol="AuthCheck"):
    text = f'tyk: error: unexpected error: plugin.Open("p"): plugin was built with a different version of package {package}, try --help'
    return understand(symbol, Completed(["tyk"], 1, "", text))


@pytest.mark.parametrize(
    ("rc", "stdout", "stderr", "ok", "package"),
    [
        (0, "[file=p.so, symbol=AuthCheck] loaded ok, got 0x76e1aeb52140\n", 'time="Oct 14" level=info msg=init\n', True, None),
        (0, "[file=p.so, symbol=Other] loaded ok, got 0x76e1aeb52140\n", "", False, None),
        (0, "usage: tyk\n", "", False, None),
        (1, "", "tyk: error: unexpected error: plugin: symbol AuthCheck not found in plugin testplugin, try --help\n", False, None),
        (1, "", 'plugin.Open("p"): plugin was built with a different version of package net, try --help\n', False, "net"),
        (1, "", 'plugin.Open("p"): plugin was built with a different version of package net (previous failure)\n', False, "net"),
        (1, "", "x: plugin was built with a different version of package gopkg.in/yaml.v3", False, "gopkg.in/yaml.v3"),
        (2, "", "fatal error: runtime: no plugin module data\n\ngoroutine 1 [running]:\n", False, None),
        (-11, "", "", False, None),
    ],
)
def test_answers(rc, stdout, stderr, ok, package):
    answer = understand("AuthCheck", Completed(["tyk"], rc, stdout, stderr))
    assert (answer.ok, answer.rc, answer.package) == (ok, rc, package)


def test_a_crash_is_cut_short():
    answer = understand("AuthCheck", Completed(["tyk"], 2, "", "fatal error: x\n" * 10_000))
    assert len(answer.output) < 5000
    assert answer.output.startswith("fatal error")


def proved(gateway, plugin, *answers):
    (verdict,) = judge(gateway, [wanting(plugin, *(answer.symbol for answer in answers))])
    return prove(verdict, answers, verdict)


def test_both_say_that_it_loads(gateway, plugin):
    verdict, loaded = proved(gateway, plugin, OK)
    assert verdict.verdict == "loads"
    assert (loaded["ok"], loaded["rc"], loaded["agrees"], loaded["symbols"]) == (True, 0, True, {"AuthCheck": True})


def test_both_name_the_same_package(gateway, plugin):
    verdict, loaded = proved(gateway, differ(settings(plugin, _tags="netgo"), "net", "net/http"), refused("net"))
    assert [finding.code for finding in verdict.findings if finding.effect == "fails"] == ["tags-differ"]
    assert (loaded["ok"], loaded["rc"], loaded["agrees"]) == (False, 1, True)


@pytest.mark.parametrize(
    ("changed", "answer", "verdict"),
    [
        ((), refused("net"), "fails"),
        (("net", "net/http"), refused("net/http"), "fails"),
        ((), understand("AuthCheck", Completed([], 2, "", "panic: in init\n")), "fails"),
    ],
)
def test_a_refusal_that_was_not_foreseen_is_a_finding(gateway, plugin, changed, answer, verdict):
    result, loaded = proved(gateway, differ(plugin, *changed), answer)
    (finding,) = [finding for finding in result.findings if finding.code == "loader-disagrees"]
    assert (result.verdict, finding.effect, loaded["agrees"]) == (verdict, "fails", False)


def test_a_yes_that_was_not_foreseen_is_a_finding(gateway, plugin):
    result, loaded = proved(gateway, differ(plugin, "net"), OK)
    (finding,) = [finding for finding in result.findings if finding.code == "loader-disagrees"]
    assert finding.effect == "unknown"
    assert finding.message == ("AuthCheck: the files predict 'fails, different version of package net', the gateway answered 'loads'.")
    assert (loaded["ok"], loaded["agrees"]) == (True, False)


def test_a_missing_symbol_is_missing_for_its_own_lookup_alone(gateway, plugin):
    missing = understand("Nope", Completed([], 1, "", "plugin: symbol Nope not found in plugin testplugin, try --help"))
    verdict, loaded = proved(gateway, plugin, OK, missing)
    assert (verdict.verdict, loaded["agrees"]) == ("fails", True)
    assert loaded["symbols"] == {"AuthCheck": True, "Nope": False}


def test_what_only_the_gateway_minds_later_does_not_stop_the_load(gateway, plugin):
    """plugin load does not make the symbol a hook."""
    (verdict,) = judge(gateway, [wanting(plugin, AuthCheck="response")])
    result, loaded = prove(verdict, [OK], verdict)
    assert (result.verdict, loaded["agrees"]) == ("fails", True)


def test_other_plugins_do_not_matter_to_a_process_of_its_own(gateway, plugin):
    again = plugin._replace(path="build2.so")
    verdict = judge(gateway, [plugin, again])[1]
    result, loaded = prove(verdict, [OK], judge(gateway, [again])[0])
    assert (result.verdict, loaded["agrees"]) == ("fails", True)


def test_a_gateway_that_cannot_be_asked_proves_nothing(gateway, plugin):
    (verdict,) = judge(gateway, [plugin])
    result, loaded = prove(verdict, [Answer("AuthCheck", None, None, None, "cannot start tyk: Exec format error")], verdict)
    assert (result.verdict, loaded["ok"], loaded["agrees"]) == ("unknown", None, None)
    assert "Exec format error" in result.findings[0].message


# --- Real processes


@pytest.fixture
def script(tmp_path):
    """A gateway that tells what it was given."""

    def write(body):
        path = tmp_path / "tyk"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return write


@pytest.fixture
def private(tmp_path):
    (tmp_path / "private").mkdir()
    return tmp_path / "private"


def test_the_gateways_own_command_in_a_clean_environment(script, monkeypatch, tmp_path, private):
    for name in ("GODEBUG", "GOTRACEBACK", "TYK_GW_SECRET", "ASAN_OPTIONS", "LD_PRELOAD"):
        monkeypatch.setenv(name, "leak" if name != "LD_PRELOAD" else "")
    gateway = script('echo "$0 $*"; env; pwd; ls -A; touch core')
    plugin = tmp_path / "p.so"
    monkeypatch.chdir(tmp_path)
    answer = ask(gateway, "p.so", "AuthCheck", Trial(COMMAND, 10), str(private))
    lines = answer.output.splitlines()
    assert lines[0] == f"{gateway} plugin load -f {plugin} -s AuthCheck"
    assert "LC_ALL=C" in lines
    assert not any(line.startswith(("GO", "TYK_", "ASAN", "LD_PRELOAD")) or "leak" in line for line in lines)
    assert os.path.dirname(lines[-1]) == str(private)
    assert sorted(os.listdir(tmp_path)) == ["private", "tyk"]


def test_only_the_three_words_of_a_command_are_filled_in(script, private):
    gateway = script('printf "%s\\n" "$@"')
    answer = ask(gateway, "/p.so", "A", Trial(["{gateway}", "{{plugin}}", "--x={symbol}", "{other}", "{"], 10), str(private))
    assert answer.output.splitlines() == ["{/p.so}", "--x=A", "{other}", "{"]


def test_a_gateway_that_does_not_end_is_stopped(script, private):
    answer = ask(script("sleep 60"), "/p.so", "AuthCheck", Trial(COMMAND, 0.2), str(private))
    assert answer.ok is None
    assert "did not end within 0.2 seconds" in answer.output


def test_a_file_that_cannot_run_here(tmp_path, private):
    path = tmp_path / "tyk"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o755)
    answer = ask(str(path), "/p.so", "AuthCheck", Trial(COMMAND, 10), str(private))
    assert answer.ok is None
    assert "Exec format error" in answer.output


# What the gateway does when its plugin has the symbols A and B.
GATEWAY = """
for file in $(echo "$4" | tr , ' '); do
    case $6 in
        A|B) echo "[file=$file, symbol=$6] loaded ok, got 0x76e1aeb52140" ;;
        *) echo "tyk: error: unexpected error: plugin: symbol $6 not found in plugin p, try --help" >&2; exit 1 ;;
    esac
done"""


def test_a_yes_beside_a_no_to_what_is_not_there(script, tmp_path):
    asked = tmp_path / "asked"
    answers = ask_all(script(f'echo "$6" >> {asked}\n{GATEWAY}'), "/p.so", ["A", "Nope", "B"], Trial(COMMAND, 10))
    assert [(answer.symbol, answer.ok, answer.rc) for answer in answers] == [("A", True, 0), ("Nope", False, 1), ("B", True, 0)]
    (control,) = set(asked.read_text().split()) - {"A", "B", "Nope"}
    assert re.fullmatch("Goplugins[0-9a-f]{24}", control)


@pytest.mark.parametrize(
    "init",
    [
        # Whatever it is asked, the plugin's init functions answer first, and end the process.
        'echo "[file=$4, symbol=A] loaded ok, got 0x1"; exit 0',
        'echo "[file=$4, symbol=A] loaded ok, got 0x1"; echo "plugin: symbol A not found in plugin p"; exit 0',
        # It even says no in every second process, but not in the gateway's words.
        'mkdir {folder}/seen 2>/dev/null && exit 1; echo "[file=$4, symbol=A] loaded ok, got 0x1"; exit 0',
        '[ $6 = A ] || sleep 60; echo "[file=$4, symbol=A] loaded ok, got 0x1"',
    ],
)
def test_what_the_plugin_prints_is_no_evidence(script, tmp_path, gateway, plugin, init):
    (answer,) = ask_all(script(init.replace("{folder}", str(tmp_path))), "/p.so", ["A"], Trial(COMMAND, 2))
    if answer.ok is None:
        assert "its yes to A proves nothing" in answer.output
    # Which of the two processes comes first is not for the test to say.
    assert not answer.ok
    (verdict,) = judge(gateway, [wanting(plugin, "A")])
    result, loaded = prove(verdict, [answer], verdict)
    assert result.verdict != "loads" and not loaded["ok"]


# The same gateway, where it is asked about a file that is not there; before that what the plugin's init does.
SPEAKING = 'case $4 in *no-such-plugin*) echo "tyk: error: unexpected error: plugin.Open(\\"x\\"): realpath failed" >&2; exit 1;; esac\n'


@pytest.mark.parametrize(
    ("init", "own_end"),
    [
        ("exit 0", "ended the process with return code 0"),
        ("echo no database >&2; exit 1", "ended the process with return code 1, after it printed: no database"),
        ("printf 'panic: no url\\n\\np.init.0()\\nplugin.open({0x1?})\\nplugin.Open(...)\\n'; exit 2", "panicked: no url"),
        ("echo 'tyk: error: unexpected panic: no url, try --help' >&2; exit 1", "panicked: no url"),
        ("sleep 60", "did not come to an end in the time that it had (load_timeout)"),
        ("echo 'panic: layout'; exit 2", ""),
        ("echo 'fatal error: unexpected signal'; exit 2", ""),
        ("echo 'x: error while loading shared libraries: y' >&2; exit 127", ""),
        ("echo 'plugin was built with a different version of package x; plugin.Open(\"x\")'; exit 1", ""),
        ("kill -KILL $$", ""),
    ],
)
def test_the_plugins_own_end_is_told_from_what_the_loader_says(script, init, own_end):
    (answer,) = ask_all(script(f"{SPEAKING}{init}"), "/p.so", ["A"], Trial(COMMAND, 1))
    assert answer.own_end == own_end and not answer.ok


def test_a_gateway_that_never_speaks_says_nothing_about_the_plugin(script):
    (answer,) = ask_all(script("exit 0"), "/p.so", ["A"], Trial(COMMAND, 5))
    assert answer.own_end == ""


def test_environment_and_files_of_a_trial(script, tmp_path):
    (tmp_path / "settings").write_text("some")
    body = f'[ "$WANTED" = yes ] && [ "$(cat conf/settings)" = some ] || exit 3\n{GATEWAY}'
    trial = Trial(COMMAND, 10, {"WANTED": "yes"}, {"conf/settings": str(tmp_path / "settings")})
    assert ask_all(script(body), "/p.so", ["A"], trial)[0].ok
    assert not ask_all(script(body), "/p.so", ["A"], Trial(COMMAND, 10))[0].ok


def test_a_plugin_may_print_as_much_as_it_likes(script):
    init = "i=0; while [ $i -lt 300 ]; do echo this is what the plugin prints when it is loaded; i=$((i+1)); done; printf 'no line end'"
    (answer,) = ask_all(script(f"{init}; {init} >&2; {GATEWAY}"), "/p.so", ["A"], Trial(COMMAND, 10))
    assert answer.ok and "symbol=A] loaded ok" in understand("A", Completed([], 0, answer.output, "")).output


def test_a_comma_in_the_plugins_path_separates_no_files(script, tmp_path):
    plugin = tmp_path / "a,b.so"
    plugin.write_text("")
    (answer,) = ask_all(script(f'[ -f "$4" ] || exit 3; {GATEWAY}'), str(plugin), ["A"], Trial(COMMAND, 10))
    assert answer.ok, answer


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what leaves its group gets away")
def test_nothing_that_the_plugin_starts_runs_on(script, tmp_path):
    """A daemon: in a session of its own, and its parent is gone."""
    escaped = f"setsid sh -c 'echo $$ > {tmp_path}/pid; (sleep 61 & echo $! > {tmp_path}/child; wait)' >/dev/null 2>&1 &"
    waiting = f"while [ ! -s {tmp_path}/child ]; do sleep 0.05; done"
    (answer,) = ask_all(script(f"{escaped}\n{waiting}\n{GATEWAY}"), "/p.so", ["A"], Trial(COMMAND, 10))
    assert answer.ok
    for name in ("pid", "child"):
        assert not pathlib.Path("/proc", (tmp_path / name).read_text().strip()).exists()


def test_the_time_is_kept_whatever_the_plugin_starts(script):
    """A process that left the group and holds the output of the gateway."""
    started = time.monotonic()
    (answer,) = ask_all(script("setsid sleep 20 & sleep 20"), "/p.so", ["A"], Trial(COMMAND, 1))
    assert answer.ok is None and "did not end within 1 seconds" in answer.output
    (answer,) = ask_all(script(f"setsid sleep 20 & {GATEWAY}"), "/p.so", ["A"], Trial(COMMAND, 5))
    assert answer.ok, "what ends in time is no hang"
    assert time.monotonic() - started < 10
