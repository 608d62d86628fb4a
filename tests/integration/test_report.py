# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run: its files, as playbooks write them, and its page, in a browser."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
from xml.etree import ElementTree

import axe_playwright_python
import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import documents, overview
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TIME = "2026-01-31T12:00:00Z"
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


def row(plugin, gateway, **more):
    artifact = f"/home/ann/dist/{gateway}/{plugin}_{gateway}_linux_amd64.so"
    common = {
        "host": "build1",
        "target": "linux/amd64",
        "verdict": "loads",
        "loaded": "yes",
        "bad": False,
        "cause": "",
        "fix": [],
        "findings": "",
    }
    return {**common, "plugin": plugin, "gateway": gateway, "artifact": artifact, "size": 28_700_000, "seconds": 41.5, **more}


RAISED = {
    "module": "golang.org/x/net",
    "gateway": "v0.30.0",
    "plugin": "v0.33.0",
    "path": ["shop", "a.example/b@v1.9.0", "golang.org/x/net@v0.33.0"],
}
DETAIL = {
    "code": "trimpath-differs",
    "title": "-trimpath on one side only",
    "message": "312 of 312 shared packages differ because of it.",
    "meaning": "Without -trimpath the compiler writes folders into the code.",
    "evidence": {"with": "gateway", "without": "plugin"},
    "packages": ["internal/goarch"],
    "count": 312,
    "fix": ["$ go build -trimpath -buildmode=plugin .", "$ ls"],
}
SMALL = [
    row("auth", "v5.3.6"),
    row("auth", "v5.8.5", findings="cpu-level-differs", details=[{**DETAIL, "title": "Another CPU level", "fix": []}]),
    row("billing", "v5.3.6", verdict="fails", bad=True, cause="x", details=[DETAIL]),
    row(
        "billing",
        "v5.8.5",
        verdict="not built",
        bad=True,
        cause="plugin billing would not load:\nx/net",
        fix=["go mod edit"],
        raised=[RAISED],
    ),
    row("geo", "v5.3.6", verdict="not verified", cause="there is no gateway of this platform here"),
    row("-", "", host="build3", target="", verdict="unknown", bad=True, cause="the host was lost", artifact="", size=0, seconds=0),
]
BIG = [
    row(
        f"plugin-{plugin}",
        f"v5.{gateway}.0",
        **({"verdict": "fails", "bad": True, "cause": "x", "details": [DETAIL]} if plugin == gateway else {}),
    )
    for plugin in range(20)
    for gateway in range(20)
]

# Names and texts as long as real ones are, or longer.
FILE = "/opt/tyk-gateway/middleware/customer_profile_enrichment_v5.8.5_linux_amd64.so"
HOST = "tykgateway01.production.westeurope.example.com"
WORDY = [
    row("auth", "v5.3.6", verdict="fails", bad=True, details=[{**DETAIL, "message": "word " * 3000, "meaning": "line\n" * 300}]),
    row("billing", "v5.3.6", verdict="not built", bad=True, cause="one line " * 2000),
    row(FILE, "v5.3.6", verdict="fails", bad=True, details=[{**DETAIL, "title": "cannot_open_" * 12, "code": "a-code-of-many-words-" * 4}]),
    row(FILE, "v5.8.5", host=HOST),
]
WIDE = [row("auth", f"v5.{gateway}.0", verdict="not verified", cause="no gateway") for gateway in range(8)]
MANY_HOSTS = [row(FILE, "v5.8.5", host=f"{number}.{HOST}", target="") for number in range(24)]


@pytest.fixture(scope="module")
def browser():
    assert os.path.exists(CHROMIUM), "this test needs Chromium. Install with: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser, tmp_path):
    """visit(rows, scheme, width, by_target) -> the page of a report, opened. At the end nothing may stand in its console."""
    contexts, said = [], []

    def open_page(rows, scheme="light", width=1280, by_target=True):
        path = tmp_path / "report.html"
        path.write_text(documents.as_html(overview.of_rows("build_plugins", rows, by_target, ["left out by --limit: build4"]), TIME))
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else said.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def violations(page):
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 10
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_it_is_accessible(visit, scheme, width):
    page = visit(SMALL, scheme, width)
    open_all(page)
    assert violations(page) == []


def test_a_large_one_is_accessible(visit):
    assert violations(visit(BIG)) == []


def open_all(page):
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.mark.parametrize("width", [1280, 360])
def test_long_texts_are_accessible(visit, width):
    page = visit(WORDY, width=width)
    open_all(page)
    assert violations(page) == []


@pytest.mark.parametrize("rows", [SMALL, BIG, WORDY], ids=["small", "big", "wordy"])
@pytest.mark.parametrize("by_target", [True, False])
@pytest.mark.parametrize("width", [390, 360])
def test_it_is_no_wider_than_a_phone(visit, rows, by_target, width):
    page = visit(rows, width=width, by_target=by_target)
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_colors_follow_the_system(visit):
    colors = [visit(SMALL, scheme).evaluate("getComputedStyle(document.body).backgroundColor") for scheme in ("light", "dark")]
    brightness = [sum(map(int, color.removeprefix("rgb(").removesuffix(")").split(","))) for color in colors]
    assert brightness[0] > 700 and brightness[1] < 100, colors


def test_twenty_gateways_and_twenty_plugins_are_one_small_page(visit):
    assert len(documents.as_html(overview.of_rows("build_plugins", BIG, True), TIME).encode()) < 1_000_000
    page = visit(BIG)
    started = time.monotonic()
    page.reload()
    page.evaluate("new Promise(requestAnimationFrame)")
    assert time.monotonic() - started < 1
    assert page.locator("table.grid td a").count() == 400


def test_the_keyboard_leads_from_a_verdict_to_its_cause(visit):
    page = visit(SMALL)
    closed = page.locator("details.cause:not([open])").first
    link = page.locator(f"table.grid a[href='#{closed.get_attribute('id')}']").first
    name = link.get_attribute("href").removeprefix("#")
    for _number in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == f"#{name}":
            break
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.getElementById('{name}').open")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.getElementById('{name}').contains(document.activeElement)")
    page.keyboard.press("Enter")
    page.wait_for_function(f"!document.getElementById('{name}').open")


def test_a_verdict_leads_to_its_cause_each_time(visit):
    page = visit(SMALL)
    name = page.locator("details.cause:not([open])").first.get_attribute("id")
    link = page.locator(f"table.grid a[href='#{name}']").first
    for _time in range(2):
        link.click()
        page.wait_for_function(f"document.getElementById('{name}').open")
        page.locator(f"#{name} > summary").click()
        page.wait_for_function(f"!document.getElementById('{name}').open")


def test_a_verdict_that_is_well_leads_to_its_artifact(visit):
    page = visit(BIG)
    assert not page.locator("details.more").evaluate("(one) => one.open")
    page.locator("table.grid a.good").last.click()
    target = page.locator("tr:target")
    target.wait_for(state="visible")
    assert "plugin-19_v5.18.0_linux_amd64.so" in target.inner_text()


def test_a_fix_is_copied_without_prompts(visit):
    page = visit(SMALL)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".finding", has_text="trimpath-differs").get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "go build -trimpath -buildmode=plugin .\nls"


def test_print_has_all_of_it_and_no_buttons(visit):
    page = visit(BIG, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("button:visible").count() == 0 and page.locator("#result-2").is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_what_was_closed_before_it_was_printed_is_closed_after(visit):
    page = visit(SMALL)
    page.locator("details.cause[open] > summary").first.click()
    closed = page.locator("details:not([open])").evaluate_all("(all) => all.map((one) => one.id)")
    before = page.evaluate("document.querySelector('table').getBoundingClientRect().width")
    page.evaluate("dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint'))")
    assert len(closed) > 1 and page.locator("details:not([open])").evaluate_all("(all) => all.map((one) => one.id)") == closed
    assert page.evaluate("document.querySelector('table').getBoundingClientRect().width") == before


@pytest.mark.parametrize("rows", [WIDE, BIG, MANY_HOSTS], ids=["wide", "big", "hosts"])
def test_all_columns_are_on_the_paper(visit, rows):
    page = visit(rows, by_target=rows is not MANY_HOSTS)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    # A4, within its margins.
    page.set_viewport_size({"width": 688, "height": 1000})
    page.emulate_media(media="print")
    assert page.locator("table.grid").evaluate("(one) => one.getBoundingClientRect().right") <= 688
    assert page.locator("table.grid").evaluate("(one) => one.getBoundingClientRect().width") > 600


def test_it_reads_without_its_script(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(documents.as_html(overview.of_rows("build_plugins", SMALL, True), TIME))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    text = page.inner_text("main")
    for words in ("-trimpath on one side only", "go build -trimpath -buildmode=plugin .", "golang.org/x/net@v0.33.0"):
        assert words in text, words
    assert page.locator("button").count() == 0
    context.close()


def test_hostile_words_start_nothing(visit):
    bad = "</style></script><script>console.log('x')</script><img src=x onerror=console.log(1)>"
    page = visit([row(bad, bad, host=bad, verdict=bad, cause=bad, fix=[bad], artifact=bad, bad=True, details=[{**DETAIL, "title": bad}])])
    assert bad in page.inner_text("h3 >> nth=0") and page.locator("img").count() == 0


# --- The files, as playbooks write them ---------------------------------------------------------------------------------------------


@pytest.fixture
def play(repository, tmp_path):
    """play(playbook, *words, **variables) -> return code and output, of a host without a gateway."""

    def run(playbook, *words, **variables):
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"gateways": {"hosts": {"gw": {**local, "tyk_gateway_binary": str(tmp_path / "nothing")}}}}))
        command = ["ansible-playbook", "-i", str(inventory), "-e", json.dumps(variables), *words, str(repository / "playbooks" / playbook)]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
        }
        done = subprocess.run(command, env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def recap(output):
    return output.partition("PLAY RECAP")[2]


def test_a_run_writes_its_report_once(play, tmp_path):
    folder = tmp_path / "report"
    common = {"tyk_gateway_hosts": "gateways", "tyk_report_folder": "report"}
    code, output = play("verify_plugins.yml", "--check", **common)
    assert code != 0 and not folder.exists(), output
    assert f"Report: would write {folder}/verify_plugins.html, without --check" in output, output

    code, output = play("verify_plugins.yml", **common)
    assert code != 0 and f"Report: {folder}/verify_plugins.html" in output and "changed=1" in recap(output), output
    assert sorted(os.listdir(folder)) == ["verify_plugins.html", "verify_plugins.md", "verify_plugins.xml"]
    assert ElementTree.parse(folder / "verify_plugins.xml").getroot().attrib["errors"] == "1"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    code, output = play("verify_plugins.yml", **common)
    assert code != 0 and "changed=0" in recap(output), output
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_is_refused_before_a_host_is_touched(play, tmp_path):
    (tmp_path / "report").write_text("")
    code, output = play("verify_plugins.yml", tyk_gateway_hosts="gateways", tyk_report_folder="report")
    assert code != 0 and f"{tmp_path}/report is not a folder. Name another folder" in output, output
    assert "Compare each plugin with the gateway" not in output, output


def test_what_cannot_be_written_at_the_end_hides_no_result(play, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "verify_plugins.md").write_text("mine")
    code, output = play("verify_plugins.yml", tyk_gateway_hosts="gateways", tyk_report_folder="report")
    assert code != 0 and "There is no report of this run" in output and "is left alone" in " ".join(output.split()), output
    assert "unknown" in output.partition("PLAY [Report]")[2], output
    assert os.listdir(tmp_path / "report") == ["verify_plugins.md"]
