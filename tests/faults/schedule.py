# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs cases on several systems side by side, and says how far they are."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.integration.lab_system import System
from tests.lab.control.lab import Lab

from .beginnings import FRESH, Beginning, Beginnings
from .cases import CHAIN_BEGINS, Case, chains
from .one_case import OPTIONS, CaseRun, Result
from .results import Results

# So many cases justify making a state that they begin with on one more system.
_WORTH_IT = 4


def run_all(cases: Sequence[Case], lab: Lab, systems: int, code: Path, results: Results, say: Callable[[str], None]) -> list[Result]:
    """Run cases, each on the first system that is free; every result is kept as soon as it is there.

    :param code: the root of the checkout whose playbooks are run.
    :returns: the results, in the order in which the cases ended.
    """
    waiting = _Waiting(chains(cases), results)
    beginnings = Beginnings(code, OPTIONS)
    begin = time.monotonic()
    done: list[Result] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        while chain := waiting.next(lambda beginning: beginnings.to_make(number, beginning)):
            run = CaseRun(chain, System(lab, number), code, beginnings)
            found = run.results()
            report = run.report()
            if len(chain) > 1 and not all(result.passed for result in found):
                results.keep_log(f"chain.{chain[0].id}", report)
                say(f"{len(chain)} cases like {chain[0].id} are run alone, because together: {_first_problem(found)}")
                waiting.add([[case] for case in chain])
                continue
            for result in found:
                results.add(result.as_dict(), report)
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
    """The chains that are ahead, by what they begin with. To make a beginning takes a minute, so that each is made on few systems."""

    def __init__(self, chains: Sequence[Sequence[Case]], results: Results) -> None:
        self._lock = threading.Lock()
        self._begun: Counter[str] = Counter()
        self._groups: dict[Beginning, deque[Sequence[Case]]] = {}
        # long ones first, so that no system is left alone with one at the end
        self.add(sorted(chains, key=lambda chain: -sum(float(results[case.id].get("seconds", 30)) for case in chain)))

    def add(self, chains: Iterable[Sequence[Case]]) -> None:
        """Put chains behind those that are ahead."""
        with self._lock:
            for chain in chains:
                first = chain[0]
                beginning = first.begin if len(chain) == 1 else CHAIN_BEGINS[first.site.phase]
                self._groups.setdefault(beginning, deque()).append(chain)

    def next(self, to_make: Callable[[Beginning], int]) -> Sequence[Case] | None:
        """The next chain for a system; None when there is none, or none that is worth the time.

        :param to_make: how much would have to be made on the system before a beginning is there.
        """
        with self._lock:
            left = {beginning: to_make(beginning) for beginning, cases in self._groups.items() if cases and beginning is not FRESH}
            made = [beginning for beginning, missing in left.items() if not missing]
            # what no other system works on, then what most cases wait for
            new = sorted(left, key=lambda beginning: (self._begun[beginning.name] > 0, left[beginning], -len(self._groups[beginning])))
            worth = [
                beginning
                for beginning in new
                if not self._begun[beginning.name] or len(self._groups[beginning]) > _WORTH_IT * left[beginning]
            ]
            untouched = [beginning for beginning in worth if not self._begun[beginning.name]]
            fresh = [FRESH] if self._groups.get(FRESH) else []
            chosen = next(iter([*made, *untouched, *fresh, *worth]), None)
            if chosen is None:
                return None
            self._begun[chosen.name] += 1
            return self._groups[chosen].popleft()


def _first_problem(found: Sequence[Result]) -> str:
    return next(f"{result.id}: {problem[:300]}" for result in found for problem in result.problems)


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
