# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line that the scenarios use: C(python -m tests.molecule look 1). Each command answers with one JSON object."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.byte_picture import differences, no_more_records, picture
from tests.integration.lab_system import CHECKOUT, System
from tests.lab.control.lab import Lab

from . import happenings
from .sight import look

Before = dict[str, Any] | None


def _bytes(system: System, before: Before) -> dict[str, Any]:
    now = picture(system)
    return {"different": differences(before["picture"], now)} if before else {"picture": now}


def _end_records(system: System, _: Before) -> dict[str, Any]:
    no_more_records(system)
    return {}


_COMMANDS: dict[str, Callable[[System, Before], dict[str, Any]]] = {
    "look": look,
    "bytes": _bytes,
    "end-records": _end_records,
    "lose-controller": lambda system, _: happenings.lose_controller(system),
    "set-up-by-hand": lambda system, _: happenings.set_up_by_hand(system),
}


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m tests.molecule", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("system", type=int, help="number of the system")
    parser.add_argument("--keep", type=Path, help="where to write the answer, instead of printing it")
    parser.add_argument("--before", type=Path, help="what the same command has kept; differences are told")
    options = parser.parse_args()
    before = json.loads(options.before.read_text(encoding="utf-8")) if options.before else None
    answer = json.dumps(_COMMANDS[options.command](System(Lab(CHECKOUT), options.system), before), ensure_ascii=False)
    if options.keep:
        options.keep.write_text(answer, encoding="utf-8")
    else:
        print(answer)


if __name__ == "__main__":
    main()
