# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a gateway and its plugins -> findings -> verdict.

facts.py      what is read from the two files, as values
findings.py   the one table of everything that can be found: what it means, what the gateway says, what cures it
causes.py     which difference in the build explains which differing packages
host.py       what this machine gives to both files
verdict.py    the findings of a pair and of a set, and the verdict that follows
loader.py     the second proof: the gateway loads the plugin itself
verify.py     all of that, from paths to the module's result
levels.py, commands.py    what several of these need: levels of CPU and glibc, the commands of cures
"""
