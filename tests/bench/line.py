# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One measure, as it is printed."""

from __future__ import annotations

import typing as t


class Line(t.NamedTuple):
    """ratio: to be below the bound, or as it is where bound is None. told: what was measured, for people.

    pair: seconds of this collection and of what it is compared with, where that is a job of its own.
    """

    name: str
    ratio: float
    bound: float | None
    told: str
    pair: tuple[float, float] | None = None

    @property
    def is_passed(self) -> bool:
        """Whether the bound is passed."""
        return self.bound is not None and self.ratio > self.bound

    def __str__(self) -> str:
        return f"{self.name} ratio={self.ratio:.3f} bound={'none' if self.bound is None else f'{self.bound:.3g}'}  # {self.told}"


def of_times(name: str, ours: float, others: float, bound: float | None, told: str) -> Line:
    """A comparison of two jobs, in seconds. told: which, ours first."""
    first, second = told.split("; ")
    return Line(name, ours / others, bound, f"{first} {ours:.2f} s; {second} {others:.2f} s", (round(ours, 2), round(others, 2)))
