# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs cases on several systems side by side, and says how far they are."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.integration.lab_system import System
from tests.lab.control.lab import Lab

from .beginnings import Beginnings
from .cases import Case
from .one_case import OPTIONS, CaseRun, Result
from .results import Results
from .sites import FRESH

# So many cases justify making the state that they begin with on one more system.
_WORTH_IT = 4


def run_all(cases: Sequence[Case], lab: Lab, systems: int, code: Path, results: Results, say: Callable[[str], None]) -> list[Result]:
    """Run cases, each on the first system that is free; every result is kept as soon as it is there.

    :param code: the root of the checkout whose playbooks are run.
    :returns: the results, in the order in which the cases ended.
    """
    waiting = _Waiting(cases, results)
    beginnings = Beginnings(code, OPTIONS)
    begin = time.monotonic()
    done: list[Result] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        while case := waiting.next(upgraded_first=number == 1, is_kept=beginnings.is_made(number)):
            run = CaseRun(case, System(lab, number), code, beginnings)
            result = run.result()
            results.add(result.as_dict(), run.report())
            with lock:
                done.append(result)
                say(progress(result, done, len(cases), time.monotonic() - begin))

    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(1, systems + 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return done


class _Waiting:
    """The cases that are ahead. Those that begin with an upgrade which was left need a minute on each system for the first of them."""

    def __init__(self, cases: Sequence[Case], results: Results) -> None:
        # long cases first, so that no system is left alone with one at the end
        ordered = sorted(cases, key=lambda case: -float(results[case.id].get("seconds", 0)))
        self._lock = threading.Lock()
        self._fresh = deque(case for case in ordered if case.site.begin == FRESH)
        self._upgraded = deque(case for case in ordered if case.site.begin != FRESH)

    def next(self, *, upgraded_first: bool, is_kept: bool) -> Case | None:
        """The next case for a system; None when there is none, or none that is worth the minute."""
        with self._lock:
            if self._upgraded and (upgraded_first or (not self._fresh and (is_kept or len(self._upgraded) > _WORTH_IT))):
                return self._upgraded.popleft()
            return self._fresh.popleft() if self._fresh else None


def progress(result: Result, done: Sequence[Result], count: int, elapsed: float) -> str:
    """One line about a case that has ended and about those that are ahead."""
    failed = sum(not each.passed for each in done)
    left = elapsed / len(done) * (count - len(done))
    words = "passed" if result.passed else f"FAILED: {result.problems[0][:300]}"
    how_far = f"[{len(done):3}/{count}{f', {failed} failed' if failed else ''}, {minutes(elapsed)}, about {minutes(left)} left]"
    return f"{how_far} {result.id}: {result.end_state or '-'}, {result.end or '-'}, {result.seconds:.0f} s: {words}"


def minutes(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
