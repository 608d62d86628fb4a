# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what Python compiles of the modules that Ansible sends. For tests alone: they run thousands of them.

Ansible sends each module as a zip of a hundred files. Python keeps nothing that it compiles of a zip: it compiles each file in every
process, and twice at that (Lib/zipimport.py: find_spec() asks for the file's name, for which it compiles it, and get_code() compiles it
again). Here the same source is compiled once, and the same code runs.

A Python takes part that has this file among its packages and a zipped.pth that calls keep(). As every process pays for it, nothing is
imported here that Python has not loaded anyway.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
import zipimport


def keep(folder: str) -> None:
    """Have zipimport look in C(folder) before it compiles, and write there what it has compiled. Where it cannot, it compiles."""
    names, fix_file_name = vars(zipimport), vars(_imp)["_fix_co_filename"]
    compile_source = names["_compile_source"]
    read: dict[tuple[str, str], object] = {}

    def kept(path: str, source: bytes) -> object:
        # As PEP 552 names the source of a .pyc.
        digest = _imp.source_hash(len(source), source).hex()
        # It is asked for each file twice.
        code = read.pop((path, digest), None)
        if code:
            return code
        file = os.path.join(folder, f"{sys.implementation.cache_tag}-{sys.flags.optimize}-{digest}")
        try:
            with open(file, "rb") as stream:
                code = marshal.load(stream)
            # It names the zip for which it was compiled.
            fix_file_name(code, path)
        # It is not there, or a power cut left a part of it.
        except (OSError, EOFError, ValueError, TypeError):
            code = compile_source(path, source)
            write(file, marshal.dumps(code))
        read[path, digest] = code
        return code

    names["_compile_source"] = kept


def write(file: str, content: bytes) -> None:
    """Write a file whole or not at all: others may read it, and write it, at the same time."""
    new = f"{file}.{os.getpid()}"
    try:
        with open(new, "xb") as stream:
            stream.write(content)
        os.rename(new, file)
    except OSError:
        pass
