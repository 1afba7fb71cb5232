# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a server, bundled so that many of them travel as one command line.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ansible_collections.jp1.itdm.plugins.plugin_utils import _quoting

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What one probe's command printed on standard output.

    :ivar exit_code: of the command, as C(%ERRORLEVEL%) gives it.
    """

    exit_code: int
    text: str


@dataclass(frozen=True)
class Probe(Generic[T]):
    """A question that changes nothing.

    :ivar command: part of a cmd.exe line, completely quoted, which may stand inside of parentheses.
    :ivar parse: turns the answer into a value; never raises.
    """

    command: str
    parse: Callable[[Answer], T]


def bundle(commands: Sequence[str], token: str, fits: Callable[[str], bool] = _quoting.fits) -> Iterator[str]:
    """Yield the lines that ask all the commands: one, unless they are too long for cmd.exe together.

    :param commands: the commands of the probes.
    :param token: letters and digits that no answer contains by chance.
    :param fits: whether a line is short enough.
    :raises OptionError: when one command alone is too long.
    """
    parts = [f"({command})&call echo [{token}.{index}.%^errorlevel%]" for index, command in enumerate(commands)]
    line: list[str] = []
    for part in parts:
        if line and not fits(_joined([*line, part])):
            yield _close(line)
            line = []
        line.append(part)
    if line:
        yield _close(line)


def unbundle(output: bytes, token: str) -> dict[int, tuple[int, bytes]]:
    """Return exit code and output of each command, by its index, from the output of a bundle.

    A command whose end is not in the output is missing.
    """
    answers: dict[int, tuple[int, bytes]] = {}
    start = 0
    for mark in re.finditer(rb"\[%s\.([0-9]{1,6})\.(-?[0-9]{1,12})\]\r*\n?" % token.encode(), output):
        answers[int(mark.group(1))] = (int(mark.group(2)), output[start : mark.start()])
        start = mark.end()
    return answers


def _close(parts: Sequence[str]) -> str:
    return _quoting.check(_joined(parts))


def _joined(parts: Sequence[str]) -> str:
    # Nothing may wait for input: wmic, for one, does when its standard input is an open pipe.
    return f"({'&'.join(parts)})<nul"
