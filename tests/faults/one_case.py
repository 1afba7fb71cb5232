# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one case, or a chain of them: a system, a run, its faults, the commands that the messages name, and the verdict."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.integration.lab_system import System
from tests.integration.upgrade.ansible_runs import Run

from .beginnings import Beginnings
from .cases import CHAIN_BEGINS, Case, chain_options
from .controller import Controller, playbook
from .injections import ORPHAN_SECONDS
from .judge import GOALS, Judgement, said
from .scene import EXECUTABLES, Scene, combined
from .sites import ROLLBACK
from .strikes import Strike

MAX_FOLLOW_UPS = 3
_RUN_SECONDS = 300.0
_LOOK_SECONDS = 0.15
#: Role options of every case.
OPTIONS: dict[str, Any] = {}
# What the cases of one run have in common.
_COMMON = ("end_state", "end", "allowed", "lost_records", "started_twice", "journal_true", "follow_ups")


@dataclass
class Result:
    """What is kept of a case.

    :ivar together: how many cases met in the same run.
    """

    id: str
    phase: str
    step: str
    fault: str
    end_state: str = ""
    end: str = ""
    allowed: bool = False
    passed: bool = False
    lost_records: int = 0
    started_twice: bool = False
    journal_true: bool = False
    decision_seconds: float = 0.0
    limit_seconds: float = 0.0
    follow_ups: int = 0
    seconds: float = 0.0
    together: int = 1
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


class CaseRun:
    """One case on one system; or several that meet in one run, each at its own step.

    :param code: the root of the checkout whose playbooks are run.
    """

    def __init__(self, cases: Sequence[Case], system: System, code: Path, beginnings: Beginnings) -> None:
        self.case = cases[0]
        self.system = system
        self.code = code
        self.beginnings = beginnings
        self.scene = Scene(system, self.case.site)
        self.strikes = [Strike(case, self.scene.at(case.site)) for case in cases]
        self.injection = self.strikes[0].injection
        own = [*(case.site.options for case in cases), *(each.injection.options for each in self.strikes)]
        self.options = combined(OPTIONS, chain_options(cases) if len(cases) > 1 else {}, *own)
        self.playbook = "rollback" if self.case.site.phase == ROLLBACK else "upgrade"
        self.judgement: Judgement
        self.runs: list[Run] = []
        self._seconds: dict[Strike, Controller] = {}

    def results(self) -> list[Result]:
        """Run it and return a result for each case; what is wrong with the run as a whole is wrong with each of them."""
        begin = time.monotonic()
        common = Result("", "", "", "")
        own: list[Result] = []
        for each in self.strikes:
            site = each.case.site
            own.append(Result(each.case.id, site.phase, site.step, each.case.fault, limit_seconds=each.injection.limit))
        try:
            self._take_place(common, own)
        except Exception as error:  # a case that can not be judged is a failed one, and the others go on
            self.scene.say(f"{type(error).__name__}: {error}")
            common.problems.append(f"the test failed: {type(error).__name__}: {error}"[:500])
        finally:
            for controller in self.scene.controllers:
                if controller.runs:
                    controller.kill()
                controller.end_orphans(0)
        seconds = round((time.monotonic() - begin) / len(own), 1)
        return [self._put_together(result, common, seconds) for result in own]

    def _put_together(self, result: Result, common: Result, seconds: float) -> Result:
        problems = [*result.problems, *common.problems]
        shared = {key: getattr(common, key) for key in _COMMON}
        return replace(result, **shared, problems=problems, passed=not problems, seconds=seconds, together=len(self.strikes))

    # The course of a case

    def _take_place(self, common: Result, own: list[Result]) -> None:
        begin = self.case.begin if len(self.strikes) == 1 else CHAIN_BEGINS[self.case.site.phase]
        before = self.beginnings.bring(self.system, begin)
        self.judgement = Judgement(self.scene, before)
        self._start(playbook(self.playbook, self.system.lab.inventory_file, self.system.manager, self.options))
        self._watch(self.scene.controllers[0])
        self._follow(common)
        for each, result in zip(self.strikes, own, strict=True):
            struck = each.struck
            if struck is None:
                result.problems.append("fault_not_injected")
            else:
                result.decision_seconds = self._decision(each, struck)
        self._verdict(common)

    def _start(self, words: list[str]) -> Controller:
        self.scene.say(shlex.join(words))
        controller = Controller(words, self.system.manager, self.code)
        self.scene.controllers.append(controller)
        return controller

    def _watch(self, run: Controller) -> None:
        """Carry the faults out at their moments, and wait for the end of a run, and of those that were started beside it."""
        limit = _RUN_SECONDS * len(self.strikes)
        if not self._attend_until(lambda: not any(each.runs for each in (run, *self._seconds.values())), limit):
            raise TimeoutError(f"the run has not ended after {limit:g} s")

    def _attend_until(self, over: Callable[[], bool], seconds: float) -> bool:
        """Carry the faults out at their moments until something has come about; whether it has in time."""
        end = time.monotonic() + seconds
        while not over():
            if time.monotonic() > end:
                return False
            self._attend()
            time.sleep(_LOOK_SECONDS)
        self._attend()
        return True

    def _attend(self) -> None:
        for number, each in enumerate(self.strikes):
            what = each.attend(self.strikes[:number])
            if (each.case.fault, what) == ("second_run", "armed" if each.case.variant == "at_once" else "struck"):
                more = ["-e", "upgrade_take_over=true"] if each.case.variant == "takes_over" else []
                self._seconds[each] = self._start([*self.scene.controllers[0].words, *more])

    def _decision(self, strike: Strike, struck: datetime) -> float:
        """Seconds from the fault to what the run did about it: it started a program, or the task that met the fault ended; or until one of
        two runs has let go.

        Where the controller was killed nobody is left to decide; what counts then is how long the next run takes to its first deed.
        """
        if strike in self._seconds:
            return round((min(strike.run.ended, self._seconds[strike].ended) - struck).total_seconds(), 1)
        if strike.run.killed:
            following = self.scene.controllers[self.scene.controllers.index(strike.run) + 1 :]
            return round((following[0].acted - following[0].began).total_seconds(), 1) if following else 0.0
        events = [event for server in self.scene.servers for event in self.scene.events(server)]
        begun = [event.time for event in events if event.kind == "start" and f"{event.name}.exe".lower() in EXECUTABLES]
        decided = min([strike.run.decided(struck), *(when for when in begun if when > struck)])
        return round((decided - struck).total_seconds(), 1)

    # What the messages say

    def _follow(self, result: Result) -> None:
        first = self.scene.controllers[0]
        run = first.end()
        self.runs.append(run)
        if self._seconds:
            run = self._after_both(run, result)
        elif not first.killed:
            self._see(run)
        while not self._is_over(run):
            if result.follow_ups == MAX_FOLLOW_UPS * len(self.strikes):
                result.problems.append(f"{result.follow_ups} more commands have not ended the matter")
                return
            words = self._next(run)
            if words is None:
                result.problems.append("there is no next command")
                return
            last = self.scene.controllers[-1]
            beside_orphan = self.case.fault == "orphan" and last.killed
            if not beside_orphan and not (self.injection.stays and result.follow_ups == 0):
                self._prepare_next()
            result.follow_ups += 1
            again = self._start(words)
            if beside_orphan:
                self._see_worker_end(last, again, result)
            self._watch(again)
            run = again.end()
            self.runs.append(run)
            if not again.killed:
                self._see(run)

    def _see_worker_end(self, killed: Controller, again: Controller, result: Result) -> None:
        if not self._attend_until(lambda: not again.runs, ORPHAN_SECONDS) and killed.orphans():
            result.problems.append(f"a worker of the killed controller still runs after {ORPHAN_SECONDS} s")

    def _is_over(self, run: Run) -> bool:
        """Whether the system needs no further command: the run is closed, or none was opened."""
        state, _command = said(run)
        if state in ("SUCCEEDED", "NOTHING_TO_DO", "ROLLED_BACK"):
            return True
        last = self.judgement.read_journal().last if state == "BLOCKED" else None
        return state == "BLOCKED" and self.judgement.end in GOALS and (last is None or not last.open)

    def _see(self, run: Run) -> None:
        self.scene.say(f"the servers are {self.judgement.look()}; the run said {said(run)[0]}")
        self.judgement.check_run(run)

    def _next(self, run: Run) -> list[str] | None:
        """The command that the last run has printed; where it was killed, its own once more."""
        if run.exit_code < 0:
            return self.scene.controllers[-1].words
        _state, command = said(run)
        if not command:
            return None
        variables = self.scene.controllers[0].words[-2:]
        return [*shlex.split(command), *variables]

    def _prepare_next(self) -> None:
        self.scene.remove_causes()
        for each in self.strikes:
            each.injection.repair(each.scene)
        if not self.scene.wait_for_programs(60):
            self.scene.say("programs still run")

    def _after_both(self, first: Run, result: Result) -> Run:
        """Check that one of two runs has let go each time, and return the one that went on."""
        winner = first
        for strike, controller in self._seconds.items():
            second = controller.end()
            loser, winner, state = (first, second, "NEEDS_OPERATOR") if strike.case.variant == "takes_over" else (second, first, "BLOCKED")
            if strike.case.variant == "at_once" and said(first)[0] == "BLOCKED":
                loser, winner = first, second
            if said(loser)[0] != state:
                result.problems.append(f"one of two runs should have ended in {state}, and ended in {said(loser)[0]}")
        self.runs.append(winner)
        self._see(winner)
        return winner

    def _verdict(self, result: Result) -> None:
        judgement = self.judgement
        final: Mapping[str, Any] = next((run.result for run in reversed(self.runs) if run.result), {})
        left = [process for controller in self.scene.controllers for process in controller.end_orphans(30)]
        if left:
            result.problems.append(f"processes of the controller are left: {left}")
        if self.case.fault == "orphan":  # a program outside of a job was not waited for, and ends by itself
            self.scene.wait_for_programs(60)
        judgement.check_records(final)
        judgement.check_thrown_away(any("upgrade_rollback_after_start" in " ".join(each.words) for each in self.scene.controllers))
        judgement.check_starts()
        judgement.check_leftovers()
        result.end_state = str(final.get("end_state", ""))
        result.end = judgement.end
        result.allowed = all(judgement.end in each.injection.goals for each in self.strikes)
        result.lost_records = judgement.lost
        result.started_twice = bool(judgement.twice)
        result.journal_true = not judgement.false_in_journal
        if not result.allowed:
            result.problems.append(f"the end is not allowed: {judgement.differences}")
        result.problems += judgement.problems + judgement.twice + judgement.false_in_journal

    def report(self) -> str:
        """Everything that helps to understand the case."""
        parts = ["\n".join(self.scene.log)]
        parts += [f"--- run {number}\n{each.output()}" for number, each in enumerate(self.scene.controllers, start=1)]
        for server, host in self.scene.servers.items():
            lines = [
                f"{event.time:%H:%M:%S.%f} {event.process} {event.kind} {event.name} {event.version} {event.text}"
                for event in self.scene.events(server)
            ]
            parts.append(f"--- programs of {host}\n" + "\n".join(lines))
        return "\n\n".join(parts) + "\n"
