# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fault within a run: when it is made ready, and when it is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .cases import Case
from .controller import Controller
from .injections import Injection, injection
from .scene import Scene
from .sites import Site


class Strike:
    """The fault of a case in a run.

    :param scene: as this fault sees it.
    """

    def __init__(self, case: Case, scene: Scene) -> None:
        self.case = case
        self.scene = scene
        self.injection: Injection = injection(case)
        self._armed: datetime | None = None
        self._run = 0
        self._carried_out = False

    @property
    def struck(self) -> datetime | None:
        """When the fault happened; None while it has not."""
        return self.injection.struck(self.scene) if self._armed else None

    @property
    def is_behind(self) -> bool:
        """Whether the fault has happened and its program has come through, maybe a moment before the controller met the fault; a step that
        is found done does not run it again."""
        armed, site = self._armed, self.case.site
        if armed is None or self.struck is None:
            return False
        events = [event for event in self.scene.events() if event.name == site.executable and event.time > armed]
        begun = {event.process for event in events if event.kind == "start" and site.argument in event.text}
        return any(event.kind == "end" and event.text in site.accepted and event.process in begun for event in events)

    @property
    def run(self) -> Controller:
        """The run that meets the fault."""
        return self.scene.controllers[self._run - 1]

    @property
    def over(self) -> bool:
        """Whether the fault has happened and another run has begun since."""
        return self.struck is not None and self._run < len(self.scene.controllers)

    def attend(self, earlier: Sequence[Strike] = ()) -> str:
        """Make the fault ready or carry it out, if its moment has come; V(armed) or V(struck) when that was now.

        :param earlier: the faults of the same chain that come before. One that ends its run has to have done so.
        """
        site, scene = self.case.site, self.scene
        mark = self.injection.mark
        if self._armed is None:
            if site.after and not site.after.found(scene.events(site.after.server)):
                return ""
            if any(each.case.ends_run and not each.over for each in earlier):
                return ""
            if any(each.case.may_end_run and not (each.over or each.is_behind) for each in earlier):
                return ""
            # the same program may be tried again by the step that meets the earlier fault, until it or a later step has come through
            same = max((place for place, each in enumerate(earlier) if _same_program(each.case.site, site)), default=None)
            if same is not None and not earlier[same].is_behind and not any(each.struck for each in earlier[same + 1 :]):
                return ""
            self._run = len(scene.controllers)
            self._armed = scene.told["armed"] = datetime.now().astimezone()
            self.injection.arm(scene)
            return "armed"
        since = [event for event in scene.events(mark.server) if event.time >= self._armed] if mark and not self._carried_out else []
        if mark and mark.found(since):
            self._carried_out = True
            self.injection.strike(scene)
            return "struck"
        return ""


def _same_program(one: Site, other: Site) -> bool:
    return (one.server, one.program) == (other.server, other.program)
