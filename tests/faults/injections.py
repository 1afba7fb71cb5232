# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each fault is brought about at its site, and how it is proven that it struck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.integration.lab_system import OLD

from .cases import Case
from .judge import GOALS, NEW_AND_HEALTHY, OLD_AND_EQUAL
from .marks import Mark
from .scene import Scene
from .sites import UPGRADE, Site

#: Seconds: how long a program may take where it is made to hang; an ordinary one takes three or four on a busy machine.
HANG_LIMIT = 20
UNAVAILABLE_SECONDS = 60
#: Seconds that a server which restarts is away, on a busy machine.
RESTART_SECONDS = 30
#: Seconds within which a worker whose controller was killed has to end; its program takes longer, so that it can not end with that.
ORPHAN_SECONDS = 25
_OPERATION_QUOTA = {"kind": "wsman", "code": 2150859174, "wmi_code": 2150859174}
_SHELL_QUOTA = {"kind": "wsman", "code": 2150859173, "wmi_code": 2150859173}
# The command that takes the lock.
_TAKES_LOCK = r"mkdir \S*\\lock\b"


def _nothing(scene: Scene) -> None:
    """Nothing to do."""


@dataclass
class Injection:
    """A fault at a site.

    :ivar arm: makes it ready, once the site's C(after) has happened.
    :ivar mark: the moment at which C(strike) is called; None when the fault strikes by itself.
    :ivar strike: carries the fault out.
    :ivar struck: when the fault happened, None while it has not: the proof.
    :ivar repair: what a person does before the next command, besides removing the fault.
    :ivar options: role options that the case needs.
    :ivar stays: whether the fault is still there when the first next command is run.
    :ivar limit: seconds that the run may need for its decision by its own time limits.
    :ivar goals: the ends that are allowed.
    """

    arm: Callable[[Scene], None]
    struck: Callable[[Scene], datetime | None]
    mark: Mark | None = None
    strike: Callable[[Scene], None] = _nothing
    repair: Callable[[Scene], None] = _nothing
    options: dict[str, Any] = field(default_factory=dict)
    stays: bool = False
    limit: float = 0.0
    goals: Sequence[str] = GOALS


def injection(case: Case) -> Injection:
    """How to bring a case's fault about."""
    made: Injection = _MAKERS[case.fault](case)
    return made


# Faults of the program itself


def _section(site: Site) -> str:
    return f"program:{site.program}"


def _noted(section: str, server: str = "") -> Callable[[Scene], datetime | None]:
    """Proof: the lab's program has noted that the section struck."""

    def struck(scene: Scene) -> datetime | None:
        event = _fault_event(scene, section, server)
        return event

    return struck


def _fault_event(scene: Scene, section: str, server: str = "") -> datetime | None:
    since = scene.told.get("armed")
    events = [event for event in scene.events(server) if event.kind == "fault" and event.name == section]
    return next((event.time for event in events if since is None or event.time >= since), None)


def _program(site: Site, **keys: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.fault(_section(site), version=site.version, **keys)


def _exit_code(case: Case) -> Injection:
    return Injection(_program(case.site, kind="fail", when=case.variant, exit_code=3), _noted(_section(case.site)))


def _nothing_done(case: Case) -> Injection:
    return Injection(_program(case.site, kind="nothing"), _noted(_section(case.site)))


def _hang(case: Case) -> Injection:
    """For ever, until a person ends it; in the middle: until it ends by itself, after the time limit."""
    site = case.site
    if (site.phase, site.step) == (UPGRADE, "start"):
        return _start_goes_on(site)
    seconds = HANG_LIMIT + 10 if case.variant == "middle" and not site.reads_only else 0
    return Injection(
        _program(site, kind="hang", when=case.variant, seconds=seconds, count=1),
        _noted(_section(site)),
        repair=_nothing if seconds else lambda scene: _end(scene),
        options=_hang_options(site),
        limit=HANG_LIMIT,
    )


def _start_goes_on(site: Site) -> Injection:
    """It goes on behind the rollback's first look, while the services are being stopped: the new version accepts records then."""
    hang = _program(site, kind="hang", when="middle", seconds=0, count=1)

    def arm(scene: Scene) -> None:
        scene.fault("program:stopservice", version=site.version, kind="slow", when="before", seconds=HANG_LIMIT)
        hang(scene)

    def go_on(scene: Scene) -> None:
        _end(scene)
        scene.inside(site.server, "wine sc start JP1_ITDM_Service")

    return Injection(
        arm,
        _noted(_section(site)),
        mark=Mark(site.server, "start", "stopservice", site.version),
        strike=go_on,
        repair=_end,
        options=_hang_options(site),
        limit=HANG_LIMIT,
    )


def _hang_options(site: Site) -> dict[str, Any]:
    return {"profile_overrides": {f"{site.action}.time_limit": HANG_LIMIT}}


def _end(scene: Scene) -> None:
    scene.end_program(f"{scene.site.executable}.exe")


def _killed(case: Case) -> Injection:
    site = case.site
    if case.variant == "tree":
        return _paused(site, "middle", lambda scene: _kill_tree(scene), seconds=60, proof=lambda scene: scene.told.get("killed"))
    return Injection(_program(site, kind="crash", when=case.variant, count=1), _noted(_section(site)))


def _kill_tree(scene: Scene) -> None:
    """End the program and the command file that would write its result."""
    if scene.end_program("run.cmd", f"{scene.site.executable}.exe"):
        scene.told["killed"] = scene.ended[-1][0]


# Faults that strike while the program stands still at one of its points


def _paused(
    site: Site,
    when: str,
    strike: Callable[[Scene], None],
    *,
    seconds: float,
    proof: Callable[[Scene], datetime | None],
    **more: Any,
) -> Injection:
    point = "before" if site.reads_only else when
    return Injection(
        _program(site, kind="slow", when=point, seconds=int(seconds), count=1),
        proof,
        mark=Mark(site.server, "fault", site.program),
        strike=strike,
        **more,
    )


def _restart(case: Case) -> Injection:
    def strike(scene: Scene) -> None:
        before = scene.started(scene.host)
        scene.restart(power=case.fault == "power_loss")
        if scene.started(scene.host) != before:
            scene.told["restarted"] = scene.ended[-1][0]

    return _paused(case.site, case.variant, strike, seconds=60, proof=lambda scene: scene.told.get("restarted"), limit=RESTART_SECONDS)


def _controller_killed(case: Case) -> Injection:
    """The program goes on without its controller; the next run comes when it has ended."""
    if case.variant == "then_fails":
        return _killed_and_failing(case.site)

    def strike(scene: Scene) -> None:
        _kill_controller(scene)
        scene.wait_for_programs(30)

    return _paused(case.site, case.variant, strike, seconds=3, proof=lambda scene: scene.told.get("killed"))


def _killed_and_failing(site: Site) -> Injection:
    """The next run's installer fails: the way back then has to lead to what was before the first run."""

    def strike(scene: Scene) -> None:
        _kill_controller(scene)
        scene.end_program("run.cmd", f"{site.executable}.exe")
        scene.fault(_section(site), kind="fail", when="middle", exit_code=3, version=site.version)

    return _paused(site, "middle", strike, seconds=60, proof=lambda scene: scene.told.get("killed"), stays=True)


def _kill_controller(scene: Scene) -> None:
    if run := next((each for each in scene.controllers if each.runs), None):
        scene.say("SIGKILL for ansible-playbook")
        run.kill()
        scene.told["killed"] = _now()


def _orphan(case: Case) -> Injection:
    """The next run comes at once, while the worker and the program of the first are still there."""
    seconds = ORPHAN_SECONDS + 20
    return _paused(case.site, "middle", _kill_controller, seconds=seconds, proof=lambda scene: scene.told.get("killed"), limit=seconds)


def _second_run(case: Case) -> Injection:
    """Another run comes while the first one waits; or it takes the lock by force, and the first one has to let go."""

    def strike(scene: Scene) -> None:
        if scene.controllers[0].runs:
            scene.told["second"] = _now()

    if case.variant == "at_once":  # nothing is wrong before one of them has the lock
        return Injection(_nothing, lambda scene: next(iter(scene.commands(scene.system.database, _TAKES_LOCK)), None))
    # who takes the lock by force has to come before the first run goes on, which can not know of it earlier
    by_force = case.variant == "takes_over"
    seconds = 45 if by_force else 20
    return _paused(
        case.site, "middle", strike, seconds=seconds, proof=lambda scene: scene.told.get("second"), limit=seconds if by_force else 0
    )


def _unavailable(case: Case) -> Injection:
    def strike(scene: Scene) -> None:
        scene.wire(kind="http", status=503, for_seconds=UNAVAILABLE_SECONDS)

    def struck(scene: Scene) -> datetime | None:
        return next(iter(scene.wire_times()), None)

    return _paused(case.site, "middle", strike, seconds=3, proof=struck, limit=UNAVAILABLE_SECONDS)


# Faults of the wire


def _dropped(case: Case) -> Injection:
    site = case.site
    first = {"action": "Command", "pattern": site.line}
    later = {"action": "Receive", "pattern": site.waiting_line}

    def arm(scene: Scene) -> None:
        kind = "drop_before" if case.fault == "dropped_before" else "drop_after"
        scene.wire(kind=kind, **(first if case.variant == "start" else later))

    return Injection(arm, _on_the_wire)


def _on_the_wire(scene: Scene) -> datetime | None:
    return next(iter(scene.wire_times()), None)


def _quota(case: Case) -> Injection:
    """No new shell for twenty seconds, or a shell that takes no further command."""
    site = case.site

    def arm(scene: Scene) -> None:
        scene.wire(**_OPERATION_QUOTA, action="Command", pattern=site.line)

    def strike(scene: Scene) -> None:
        scene.wire(**_SHELL_QUOTA, action="Create", for_seconds=20)

    if case.variant == "operations":
        return Injection(arm, _on_the_wire)
    return _paused(site, "middle", strike, seconds=2, proof=_on_the_wire, limit=20)


# Faults of the server


def _disk_full(case: Case) -> Injection:
    if case.variant == "files":
        return _paused(
            case.site,
            "middle",
            # "find" is what receives every file that is written
            lambda scene: scene.fault("program:find", kind="fail", when="before", exit_code=112),
            seconds=2,
            proof=_noted("program:find"),
        )
    drive, when = ("D", "middle") if case.site.program == "exportdb" else ("C", "before")

    def strike(scene: Scene) -> None:
        scene.fault(f"disk:{drive}", free=1000)

    def struck(scene: Scene) -> datetime | None:
        # the program says by its exit code that it has no space
        return next((event.time for event in scene.events() if event.kind == "end" and event.text in ("7", "24")), None)

    return _paused(case.site, when, strike, seconds=2, proof=struck)


def _service_fails(case: Case) -> Injection:
    section = f"service:{case.service}"
    return Injection(lambda scene: scene.fault(section, start="fail", exit_code=7), _noted(section), limit=60)


def _rollback_step_fails(case: Case) -> Injection:
    """The step fails behind its effect, and so does a step of the rollback that follows from it."""
    site = case.site
    server, program = _SECOND_FAILURES[site.step]

    def strike(scene: Scene) -> None:
        scene.told["armed"] = _now()
        scene.fault(f"program:{program}", server=server, kind="fail", when="middle", exit_code=9, version=OLD)

    return Injection(
        _program(site, kind="fail", when="before" if site.reads_only else "after", exit_code=3, count=1),
        _noted(f"program:{program}", server),
        mark=Mark(site.server, "fault", site.program),
        strike=strike,
        options={"rollback_after_start": True} if site.step in ("start", "verify") else {},
    )


_SECOND_FAILURES = {
    "stop": ("management", "startservice"),
    "install_on_database_server": ("database", "importdb"),
    "setup_database": ("database", "installer"),
    "install_on_management_server": ("management", "licreg"),
    "start": ("management", "installer"),
    "verify": ("management", "startservice"),
}


def _backup_damaged(case: Case) -> Injection:
    """A file of the backup changes while the services stop, or while the rollback is on its way to the restore."""
    program, version = ("stopservice", OLD) if case.site.phase == UPGRADE else ("startservice", OLD)

    def strike(scene: Scene) -> None:
        if scene.change_backup("printf X | dd of={} bs=1 seek=100 conv=notrunc status=none"):
            scene.told["damaged"] = _now()

    def repair(scene: Scene) -> None:
        scene.change_backup("cp /tmp/records.kept {}")

    return Injection(
        _nothing,
        lambda scene: scene.told.get("damaged"),
        mark=Mark("management", "start", program, version),
        strike=strike,
        repair=repair,
        goals=(OLD_AND_EQUAL,),  # nothing is installed upon a backup that is not proven
    )


_PRODUCT = "/opt/lab/prefix/drive_c/Program Files (x86)/Hitachi/jp1itdmm/mgr"
_TEMPORARY = "/opt/lab/prefix/drive_c/windows/temp"


def _interference(case: Case) -> Injection:
    """Somebody else changes something: the licence, the program files, the services that were stopped, or an installation of their own is
    at work."""
    if case.site.step == "stop_services":
        return _foreign_installer(case.site)
    if case.site.step == "install_on_database_server":
        return _services_come_back(case.site)
    if case.site.phase == UPGRADE:
        file, change, undo = f"'{_PRODUCT}/conf/license.dat'", "mv {} /tmp/license.dat", "[ -e {} ] || cp /tmp/license.dat {}"
    else:
        file, change, undo = f"'{_PRODUCT}/bin/other.exe'", "echo other > {}", "rm {}"

    def arm(scene: Scene) -> None:
        scene.inside("management", change.replace("{}", file))
        scene.told["changed"] = _now()

    return Injection(
        arm,
        lambda scene: scene.told.get("changed"),
        repair=lambda scene: scene.inside("management", undo.replace("{}", file)),
    )


def _services_come_back(site: Site) -> Injection:
    """The other server is restarted while the installer works, which starts the services there. That is no reason to go back."""

    def strike(scene: Scene) -> None:
        scene.restart(server="management")
        scene.told["changed"] = _now()

    goals = (NEW_AND_HEALTHY,)
    return _paused(site, "middle", strike, seconds=20, proof=lambda scene: scene.told.get("changed"), limit=20, goals=goals)


def _foreign_installer(site: Site) -> Injection:
    name = "SETUP.EXE"

    def arm(scene: Scene) -> None:
        # a program of the lab that runs as long as its standard input is open
        scene.inside(site.server, f"cp /opt/lab/bin/keepalive.exe {_TEMPORARY}/{name}")
        run = f"sleep 600 | wine 'C:\\windows\\temp\\{name}' > /dev/null 2>&1"
        scene.inside(site.server, f'nohup sh -c "{run}" > /dev/null 2>&1 &')
        scene.told["changed"] = _now()

    def repair(scene: Scene) -> None:
        scene.end_program(name)
        scene.inside(site.server, f"rm {_TEMPORARY}/{name}")

    return Injection(arm, lambda scene: scene.told.get("changed"), repair=repair)


def _now() -> datetime:
    return datetime.now().astimezone()


_MAKERS: dict[str, Callable[[Case], Injection]] = {
    "exit_code": _exit_code,
    "nothing_done": _nothing_done,
    "hang": _hang,
    "killed": _killed,
    "dropped_before": _dropped,
    "dropped_after": _dropped,
    "unavailable": _unavailable,
    "restart": _restart,
    "power_loss": _restart,
    "controller_killed": _controller_killed,
    "disk_full": _disk_full,
    "service_fails": _service_fails,
    "quota": _quota,
    "second_run": _second_run,
    "orphan": _orphan,
    "rollback_step_fails": _rollback_step_fails,
    "backup_damaged": _backup_damaged,
    "interference": _interference,
}
