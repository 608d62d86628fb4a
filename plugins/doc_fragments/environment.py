# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option by which modules that start programs get environment variables."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  environment:
    description:
      - Environment variables for the programs that the module starts, such as E(GOPROXY), E(GOMODCACHE) or E(https_proxy).
      - They count before those of the host.
      - Unlike the keyword C(environment) of a task, which Ansible prints with C(-vvv), this option may hold secrets. It is in no result.
      - Passwords in its URLs, and the values of variables with such names as E(PRIVATE_TOKEN), are hidden in what programs print.
      - As a default for all modules that have it, use C(module_defaults) with C(group/goplugins.tyk.go).
    type: dict
    default: {}
"""
