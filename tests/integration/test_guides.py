# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go code of the guides compiles, passes its own test, and that test fails without the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess


def test_the_plugin_of_the_guide_passes_its_test(repository, workshop, tmp_path):
    text = (repository / "docs" / "guides" / "write-a-plugin.md").read_text()
    code, test = re.findall(r"```go\n(.*?)```", text, re.DOTALL)
    (command,) = re.findall(r"^\$ go (work init) \.build/gateways/release-5\.99\.0/src myplugin$", text, re.MULTILINE)
    plugin = tmp_path / "myplugin"
    plugin.mkdir()
    (plugin / "go.mod").write_text("module example.com/myplugin\n\ngo 1.22.6\n")
    (plugin / "plugin.go").write_text(code)
    (plugin / "plugin_test.go").write_text(test)
    # Tyk's own needs the configuration of a gateway that runs, and panics without one.
    gateway = tmp_path / "gateway"
    shutil.copytree(workshop.checkout, gateway)
    session = gateway / "ctx" / "ctx.go"
    before = session.read_text()
    begin = "func SetSession(r *http.Request, s *user.SessionState, scheduleUpdate bool, _ ...bool) {\n"
    session.write_text(before.replace(begin, f'{begin}\tpanic("no gateway runs")\n'))
    assert session.read_text() != before
    go = workshop.goroot() / "bin" / "go"
    # So the standard library is the one that the gateway was built with, which is compiled.
    environment = {**os.environ, "GOFLAGS": "-trimpath", "GOTOOLCHAIN": "local", "GOROOT": str(workshop.goroot())}
    subprocess.run([go, *command.split(), str(gateway), "myplugin"], cwd=tmp_path, env=environment, check=True)

    def tested():
        return subprocess.run([go, "test", "./myplugin/..."], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)

    passed = tested()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    (plugin / "plugin.go").write_text(code.replace("let-me-in", "other"))
    failed = tested()
    assert failed.returncode == 1 and "let-me-in: got 403, want 200" in failed.stdout
