# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which license a text in the module cache is."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import licenses

MIT = """The MIT License (MIT)

Copyright (c) 2013 Somebody

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the "Software"), ...
The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.
"""
BSD2 = """Redistributions in binary form must reproduce the above copyright notice, ...
THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
"""
BSD3 = f"{BSD2}Neither the name of Google nor the names of its contributors may be used to endorse\n// or promote products derived from it."
ISC = "Permission to use, copy, modify, and/or distribute this software for any\n purpose with or without fee is hereby granted"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (MIT, "MIT"),
        (BSD2, "BSD-2-Clause"),
        (BSD3, "BSD-3-Clause"),
        (ISC, "ISC"),
        ("                                 Apache License\n                           Version 2.0, January 2004\n", "Apache-2.0"),
        ("Mozilla Public License, version 2.0\n\n1. Definitions", "MPL-2.0"),
        (
            'Mozilla Public License, version 2.0\n\n1.12. "Secondary License"\n\n  means either the GNU General Public License, '
            "Version 2.0, the GNU Lesser\n  General Public License, Version 2.1, "
            "the GNU Affero General Public License, Version 3.0, or any later",
            "MPL-2.0",
        ),
        ("Eclipse Public License - v 2.0\n\nSecondary: the GNU General Public License, Version 2.0, or any later", "EPL-2.0"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\n  Version 3, 19 November 2007", "AGPL-3.0"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\n  Version 2.1, February 1999", "LGPL-2.1"),
        ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007", "GPL-3.0"),
        ("// SPDX-License-Identifier: BSD-3-Clause\n", "BSD-3-Clause"),
        ("All rights reserved. Ask our lawyers.", ""),
        ("", ""),
    ],
)
def test_texts(text, name):
    assert licenses.of_text(text) == name


def test_this_collections_own_license_is_recognised(repository):
    assert licenses.in_folder(str(repository)) == ["GPL-3.0"]


def test_the_modules_that_were_compiled_in_are_looked_up_under_their_names_in_the_cache(tmp_path):
    for name, text in (("github.com/!big/m@v1.0.0", MIT), ("example.com/fork@v2.0.0", BSD3)):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "LICENSE.txt").write_text(text)
    (tmp_path / "local@").mkdir()
    (tmp_path / "local@/LICENSE").write_text(MIT)
    (tmp_path / "example.com/fork@v2.0.0/COPYING").write_text(MIT)
    (tmp_path / "example.com/fork@v2.0.0/licenses_test.go").mkdir()
    modules = [
        {"path": "github.com/Big/m", "version": "v1.0.0", "sum": "h1:x"},
        {"path": "example.com/m", "version": "v1.0.0", "replace": {"path": "example.com/fork", "version": "v2.0.0", "sum": "h1:x"}},
        {"path": "example.com/nowhere", "version": "v1.0.0", "sum": "h1:x"},
        {"path": "example.com/local", "version": "v0.0.0", "replace": {"path": "local", "version": ""}},
    ]
    assert licenses.of_modules(modules, str(tmp_path)) == {
        "github.com/Big/m@v1.0.0": ["MIT"],
        "example.com/fork@v2.0.0": ["BSD-3-Clause", "MIT"],
    }
    assert not licenses.of_modules(modules, "")


def test_what_is_no_text_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "LICENSE")
    (tmp_path / "COPYING").symlink_to(__file__)
    (tmp_path / "LICENCE").write_text(MIT + "x" * (256 << 10))
    (tmp_path / "UNLICENSE").write_bytes(b"\xff\xfe")
    assert licenses.in_folder(str(tmp_path)) == []
