# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation testing of the pure rules: C(python -m tests.tools.run_mutation).

mutmut changes one thing at a time in C(plugins/module_utils), and our unit tests are to notice it. The part of C(pyproject.toml) with its
name says what it changes and which tests it runs. It works in a copy, because it wants the place of a module to be its name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter

from .copies import CHECKOUT, copy_collection

HOME = CHECKOUT / ".venv-mutation/work"
#: Percent of the mutants that tests have to notice.
FLOOR = 85.0
# What mutmut calls a mutant that tests have noticed: an endless loop is noticed, too.
_NOTICED = ("killed", "timeout")
# Runs when its module is imported, and mutmut switches mutants only afterwards; what it makes has tests of its own.
_AT_IMPORT = (".module_utils._profile.x__action_fields__",)


def _mutmut(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mutmut in the copy; what it says about its progress is shown, what it is asked is returned."""
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=HOME,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if arguments[0] == "results" else None,
        text=True,
        check=True,
    )


def _found() -> dict[str, str]:
    """The verdict on each mutant, by its name."""
    lines = [line.strip() for line in _mutmut("results", "--all", "true").stdout.splitlines() if ": " in line]
    found = dict(line.rsplit(": ", 1) for line in lines)
    return {mutant: verdict for mutant, verdict in found.items() if not any(name in mutant for name in _AT_IMPORT)}


def _module(mutant: str) -> str:
    return mutant.split(".module_utils.")[1].split(".")[0]


def main(chosen: list[str]) -> int:
    """Run it; the exit code says whether enough was noticed.

    :param chosen: modules, V(_version) say; none for all of them.
    """
    shutil.rmtree(HOME, ignore_errors=True)
    place = copy_collection(HOME)
    shutil.copy(CHECKOUT / "pyproject.toml", HOME)
    names = [f"{'.'.join(place.relative_to(HOME).parts)}.plugins.module_utils.{module}.*" for module in chosen]
    _mutmut("run", *names)
    found = {mutant: verdict for mutant, verdict in _found().items() if not chosen or _module(mutant) in chosen}
    all_of = Counter(_module(mutant) for mutant in found)
    noticed = Counter(_module(mutant) for mutant, verdict in found.items() if verdict in _NOTICED)
    for mutant, verdict in found.items():
        if verdict not in _NOTICED:
            print(f"{verdict}: {mutant}")
    for module, count in sorted(all_of.items()):
        print(f"{module}: {noticed[module]} of {count} noticed, {100 * noticed[module] / count:.1f} %")
    score = 100 * noticed.total() / max(1, all_of.total())
    print(f"mutation score: {score:.1f} % ({noticed.total()} of {all_of.total()}; at least {FLOOR:g} % are demanded)")
    return 0 if score >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
