# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every step of the procedure."""

from __future__ import annotations

import ntpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    BackupRejectedError,
    CommandError,
    ConnectionLostError,
    OperatorNeededError,
    OptionError,
    TimeLimitError,
    UnknownOutcomeError,
    UpgradeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import Process
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import (
    BackUpDatabase,
    DeleteBackup,
    VerifyBackup,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._control_services import ControlServices
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import program_files
from ansible_collections.jp1.itdm.plugins.plugin_utils._install_manager import InstallManager
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product
from ansible_collections.jp1.itdm.plugins.plugin_utils._product_programs import step_name
from ansible_collections.jp1.itdm.plugins.plugin_utils._register_license import RegisterLicense
from ansible_collections.jp1.itdm.plugins.plugin_utils._restore_database import RestoreDatabase
from ansible_collections.jp1.itdm.plugins.plugin_utils._setup_database import SetUpDatabase
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet, run_step
from ansible_collections.jp1.itdm.tests.unit.plugins import journals
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import MEDIA, SERVICES, FakeManager, manual
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import JOBS, Fault, replace_questions

BACKUP = r"D:\JP1\backup\run1"
LOOKING = {"dbstat", "licstat"}


def run(step: Step, check_mode: bool = False) -> dict[str, Any]:
    return run_step(step, check_mode=check_mode, log=lambda level, text: None)


def stop_all(world: FakeManager) -> None:
    world.set_state("stopped", *SERVICES[world.server])


def new_version_stopped(world: FakeManager) -> None:
    world.put_version("10-10")
    stop_all(world)


def back_up(world: FakeManager) -> None:
    run(BackUpDatabase(world.product(), BACKUP, "run1"))


def back_up_and_go_on(world: FakeManager) -> None:
    back_up(world)
    world.records = 250


def open_runs(world: FakeManager) -> None:
    for run_id in ("20260101T120000Z", "20260201T120000Z", journals.RUN_ID):
        journals.open_run(world, run_id)


def old_files() -> dict[str, str]:
    return program_files(FakeManager("database_server").product())


@dataclass(frozen=True)
class Scenario:
    """One step, and a server on which it is not done yet.

    :ivar action: the profile's action that the step runs, or an empty text.
    :ivar program: the program of that action.
    :ivar ineffective: the code of the failure when the program reports success and does nothing.
    :ivar by_hand: what a person does instead of the program.
    """

    name: str
    server: str
    make: Callable[[Product], Step]
    prepare: Callable[[FakeManager], None]
    action: str = ""
    program: str = ""
    ineffective: str = ""
    by_hand: Callable[[FakeManager], None] = lambda world: None


def restore_by_hand(world: FakeManager) -> None:
    world.records = 200


def set_up_by_hand(world: FakeManager) -> None:
    world.schema = "10-10"


def license_by_hand(world: FakeManager) -> None:
    world.licensed = True


def without_license(world: FakeManager) -> None:
    world.licensed = False


def journal_step(state: str, **wish: Any) -> Callable[[Product], Step]:
    return lambda product: journals.step(product.host, state, **wish)  # type: ignore[arg-type]


WITH_PROGRAM = [
    Scenario(
        "backup",
        "database_server",
        lambda product: BackUpDatabase(product, BACKUP, "run1"),
        lambda world: None,
        "backup",
        "exportdb",
        "backup_empty",
        lambda world: world.add_file(rf"{BACKUP}\database\records.dat", b"records=200"),
    ),
    Scenario(
        "restore",
        "database_server",
        lambda product: RestoreDatabase(product, BACKUP, "run1"),
        back_up_and_go_on,
        "restore",
        "importdb",
        "restore_incomplete",
        restore_by_hand,
    ),
    Scenario(
        "stop",
        "management_server",
        lambda product: ControlServices(product, "stopped", "operation"),
        lambda world: None,
        "stop_services",
        "stopservice",
        "services_not_stopped",
        stop_all,
    ),
    Scenario(
        "start",
        "management_server",
        lambda product: ControlServices(product, "started", "operation"),
        stop_all,
        "start_services",
        "startservice",
        "services_not_running",
        lambda world: world.set_state("running", "Web", "Manager"),
    ),
    Scenario(
        "start for licence",
        "management_server",
        lambda product: ControlServices(product, "started", "license_registration"),
        stop_all,
        "start_for_license",
        "startservice",
        "services_not_running",
        lambda world: world.set_state("running", "Web"),
    ),
    Scenario(
        "install on database server",
        "database_server",
        lambda product: InstallManager(product, "10-10", MEDIA + r"\10-10"),
        stop_all,
        "install",
        "setup",
        "installation_not_effective",
        lambda world: world.put_version("10-10"),
    ),
    Scenario(
        "install on management server",
        "management_server",
        lambda product: InstallManager(product, "10-10", MEDIA + r"\10-10"),
        stop_all,
        "install",
        "setup",
        "installation_not_effective",
        lambda world: world.put_version("10-10"),
    ),
    Scenario(
        "install old version",
        "database_server",
        lambda product: InstallManager(
            product, "10-00", MEDIA + r"\10-00", expected_files=old_files(), removal_media_folder=MEDIA + r"\10-10"
        ),
        new_version_stopped,
        "install",
        "setup",
        "installation_not_effective",
        lambda world: world.put_version("10-00"),
    ),
    Scenario(
        "set up",
        "database_server",
        lambda product: SetUpDatabase(product, "10-10"),
        lambda world: world.put_version("10-10"),
        "setup_database",
        "jdmsetup",
        "setup_not_effective",
        set_up_by_hand,
    ),
    Scenario(
        "licence",
        "management_server",
        lambda product: RegisterLicense(product, ""),
        without_license,
        "register_license",
        "licreg",
        "license_not_registered",
        license_by_hand,
    ),
]
WITHOUT_PROGRAM = [
    Scenario(
        "stop database",
        "database_server",
        lambda product: ControlServices(product, "stopped", "installation"),
        lambda world: None,
    ),
    Scenario(
        "start database",
        "database_server",
        lambda product: ControlServices(product, "started", "operation"),
        stop_all,
    ),
    Scenario("delete backup", "database_server", lambda product: DeleteBackup(product, BACKUP, "run1"), back_up),
    Scenario("open run", "database_server", journal_step("opened", content=journals.RUN), journals.lock),
    Scenario("note", "database_server", journal_step("noted", content={"records_at_stop": 5}), journals.open_run),
    Scenario("note state", "database_server", journal_step("noted", steps={"stop": "done"}), journals.open_run),
    Scenario("note evidence", "database_server", journal_step("noted", evidence={"exit_code": 5}), journals.open_run),
    Scenario("unlock", "database_server", journal_step("unlocked"), journals.open_run),
    Scenario("delete old runs", "database_server", journal_step("pruned", keep=1), open_runs),
]


def for_every(*scenarios: Scenario) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scenario", scenarios, ids=lambda scenario: scenario.name)


@pytest.fixture
def world(scenario: Scenario, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]) -> FakeManager:
    replace_questions(monkeypatch)
    server = FakeManager(scenario.server)
    scenario.prepare(server)
    server.ran.clear()
    return server


def did_work(world: FakeManager) -> list[str]:
    names = [ntpath.basename(command[0]).lower().removesuffix(".exe") for command in world.ran]
    return [name for name in names if name not in LOOKING]


@for_every(*WITH_PROGRAM, *WITHOUT_PROGRAM)
def test_check_mode_touches_nothing(scenario: Scenario, world: FakeManager) -> None:
    before = world.picture()
    result = run(scenario.make(world.product()), check_mode=True)
    assert world.picture() == before
    assert did_work(world) == []
    assert result["changed"] is True
    assert result["executed"] is False
    assert result["after"] == result["before"]


@for_every(*WITH_PROGRAM, *WITHOUT_PROGRAM)
def test_a_second_run_changes_nothing(scenario: Scenario, world: FakeManager) -> None:
    first = run(scenario.make(world.product()))
    assert first["changed"] is True
    assert first["executed"] is True
    done = world.picture()
    world.ran.clear()
    second = run(scenario.make(world.product()))
    assert second["changed"] is False
    assert second["executed"] is False
    assert did_work(world) == []
    assert world.picture() == done


@for_every(*WITH_PROGRAM, *WITHOUT_PROGRAM)
def test_what_is_done_is_only_looked_at_in_check_mode_too(scenario: Scenario, world: FakeManager) -> None:
    run(scenario.make(world.product()))
    assert run(scenario.make(world.product()), check_mode=True)["changed"] is False


@for_every(*WITH_PROGRAM)
def test_a_program_that_fails_is_a_command_failure_after_execution(scenario: Scenario, world: FakeManager) -> None:
    world.faults[scenario.program] = Fault(exit_code=77)
    with pytest.raises(CommandError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == "exit_code"
    assert "77" in caught.value.message
    assert caught.value.evidence["executed"] is True
    assert caught.value.evidence["exit_code"] == 77
    assert caught.value.evidence["elapsed"] >= 0


@for_every(*WITH_PROGRAM)
def test_success_is_asked_of_the_server_and_not_of_the_program(scenario: Scenario, world: FakeManager) -> None:
    world.faults[scenario.program] = Fault(exit_code=0)
    with pytest.raises((VerificationError, BackupRejectedError)) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == scenario.ineffective
    assert caught.value.evidence["executed"] is True


UNKNOWN = {
    "answer lost": ConnectionLostError("Gone.", code="answer_lost"),
    "job lost": UnknownOutcomeError("Gone.", code="job_lost", evidence={"restarted": True}),
}


@for_every(*WITH_PROGRAM)
@pytest.mark.parametrize("error", UNKNOWN)
@pytest.mark.parametrize("effect", [True, False])
def test_after_an_unknown_outcome_only_what_is_not_done_is_done_again(
    scenario: Scenario, world: FakeManager, error: str, effect: bool
) -> None:
    world.faults[scenario.program] = Fault(effect=effect, error=UNKNOWN[error], times=1)
    result = run(scenario.make(world.product()))
    assert result["evidence"]["interrupted"]["code"] == UNKNOWN[error].code
    # a backup without its manifest and a restore without its mark are not proven, so that they are repeated
    again = not effect or scenario.action in ("backup", "restore")
    assert did_work(world).count(scenario.program) - (scenario.name == "install old version") == (2 if again else 1)
    assert run(scenario.make(world.product()))["changed"] is False


@for_every(*WITH_PROGRAM)
def test_an_outcome_that_stays_unknown_is_told(scenario: Scenario, world: FakeManager) -> None:
    world.faults[scenario.program] = Fault(error=ConnectionLostError("Gone.", code="answer_lost"))
    with pytest.raises(ConnectionLostError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.evidence["executed"] is True
    assert len(did_work(world)) == 2
    world.faults.clear()
    run(scenario.make(world.product()))
    assert run(scenario.make(world.product()))["changed"] is False


@for_every(*WITH_PROGRAM)
@pytest.mark.parametrize("code", ["unreachable", "controller_gone", "wrong_credentials"])
def test_a_server_that_stays_away_is_not_asked_again(scenario: Scenario, world: FakeManager, code: str) -> None:
    world.faults[scenario.program] = Fault(effect=True, error=ConnectionLostError("Gone.", code=code))
    with pytest.raises(ConnectionLostError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == code
    assert len(did_work(world)) == 1


@for_every(*WITH_PROGRAM)
def test_a_program_that_runs_on_is_waited_for_before_the_next_look(
    scenario: Scenario, world: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    program = f"{scenario.program}.exe".replace("setup.exe", "SETUP.EXE").replace("jdmSETUP.EXE", "jdmsetup.exe")
    answers = iter([[Process(program, 7)], [Process(program, 7)], []])
    monkeypatch.setattr(world, "_running_processes", lambda names: next(answers, []) if program in names and did_work(world) else [])
    world.faults[scenario.program] = Fault(effect=True, error=ConnectionLostError("Gone.", code="answer_lost"), times=1)
    run(scenario.make(world.product()))
    assert sum(no_waiting) >= 4
    assert next(answers, None) is None


@for_every(*WITH_PROGRAM)
def test_a_program_that_runs_for_too_long_is_not_started_again(
    scenario: Scenario, world: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    monkeypatch.setattr(world, "_running_processes", lambda names: [Process(names[0], 7)] if did_work(world) else [])
    world.faults[scenario.program] = Fault(error=ConnectionLostError("Gone.", code="answer_lost"))
    with pytest.raises(TimeLimitError) as caught:
        run(scenario.make(world.product()))
    assert caught.value.code == "time_limit"
    assert len(did_work(world)) == 1


def by_hand(scenario: Scenario) -> dict[str, Any]:
    return manual(scenario.action) | (manual("uninstall") if scenario.action == "install" else {})


@for_every(*WITH_PROGRAM)
def test_what_the_profile_leaves_to_a_person_is_asked_for(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(**by_hand(scenario))
    with pytest.raises(OperatorNeededError, match="by hand") as caught:
        run(scenario.make(product))
    assert caught.value.code == "manual_step"
    assert ("confirm" in caught.value.evidence) is not product.shows(scenario.action)
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_what_a_person_has_done_is_verified(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(confirmed=["install", "uninstall", scenario.action], **by_hand(scenario))
    scenario.by_hand(world)
    run(scenario.make(product))
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_a_confirmation_is_not_believed(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(confirmed=["install", "uninstall", scenario.action], **by_hand(scenario))
    with pytest.raises((OperatorNeededError, VerificationError, BackupRejectedError)) as caught:
        run(scenario.make(product))
    assert caught.value.code == ("manual_step" if product.shows(scenario.action) else scenario.ineffective)
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_an_action_without_a_method_is_refused_by_its_field(scenario: Scenario, world: FakeManager) -> None:
    overrides = {f"{scenario.action}__method": "none", "uninstall__method": "none"}
    with pytest.raises(OptionError, match=r"\.method is none") as caught:
        run(scenario.make(world.product(**overrides)))
    assert caught.value.code == "no_method"
    assert did_work(world) == []


@for_every(*WITH_PROGRAM)
def test_secrets_go_by_standard_input_only(scenario: Scenario, world: FakeManager) -> None:
    run(scenario.make(world.product()))
    words = [word for command in world.ran for word in command]
    assert not any("correct horse" in word or "battery-staple" in word for word in words)
    files = b"".join(world.files.values())
    assert b"correct horse" not in files
    assert b"battery-staple" not in files


def test_a_backup_that_was_proven_needs_no_change(database_server: FakeManager) -> None:
    back_up(database_server)
    before = database_server.picture()
    result = run(VerifyBackup(database_server.product(), BACKUP, "run1"))
    assert result["changed"] is False
    assert result["before"]["manifest"]["records"] == 200
    assert database_server.picture() == before


# The runner itself


class Recorded(Step):
    """A step that writes down what is asked of it."""

    title = "Try"

    def __init__(self, done: bool = False, unmet: list[Any] | None = None, fails_in: str = "") -> None:
        self.calls: list[str] = []
        self.done = done
        self.unmet = unmet or []
        self.fails_in = fails_in

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self.fails_in:
            raise UpgradeError(f"{name} failed", evidence={"own": 1})

    def probe(self) -> Any:
        self._called("probe")
        return Seen(self.done, {"state": "before"})

    def pre_check(self, seen: Any) -> Any:
        self._called("pre_check")
        yield from self.unmet

    def execute(self, seen: Any) -> dict[str, Any]:
        self._called("execute")
        return {"output": "x"}

    def post_check(self, seen: Any) -> dict[str, Any]:
        self._called("post_check")
        return {"state": "after"}


def test_the_four_parts_come_in_their_order() -> None:
    step = Recorded()
    result = run(step)
    assert step.calls == ["probe", "pre_check", "execute", "post_check"]
    assert result["before"] == {"state": "before"}
    assert result["after"] == {"state": "after"}
    assert result["evidence"] == {"output": "x"}
    assert result["elapsed"] >= 0


def test_a_done_step_is_not_even_checked() -> None:
    step = Recorded(done=True)
    assert run(step)["changed"] is False
    assert step.calls == ["probe"]


@pytest.mark.parametrize(("fails_in", "executed"), [("probe", False), ("pre_check", False), ("execute", True), ("post_check", True)])
def test_a_failure_says_whether_anything_was_executed(fails_in: str, executed: bool) -> None:
    step = Recorded(fails_in=fails_in)
    with pytest.raises(UpgradeError) as caught:
        run(step)
    assert step.calls[-1] == fails_in
    assert caught.value.evidence["executed"] is executed
    assert caught.value.evidence["own"] == 1


@pytest.mark.parametrize("made_by_earlier_step", [True, False])
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_condition_of_an_earlier_step_is_not_evaluated_in_check_mode(made_by_earlier_step: bool, check_mode: bool) -> None:
    step = Recorded(unmet=[Unmet(UpgradeError("Not yet."), made_by_earlier_step)])
    if check_mode and made_by_earlier_step:
        result = run(step, check_mode)
        assert result["not_evaluated"] == ["Not yet."]
        assert result["changed"] is True
    else:
        with pytest.raises(UpgradeError, match=r"Not yet\."):
            run(step, check_mode)
    assert step.calls == ["probe", "pre_check"]


def test_an_unexpected_exception_is_not_swallowed() -> None:
    class Broken(Recorded):
        def execute(self, seen: Any) -> dict[str, Any]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Broken())


def test_the_log_tells_begin_and_end() -> None:
    lines: list[tuple[int, str]] = []
    for done, check_mode in ((False, False), (True, False), (False, True)):
        run_step(Recorded(done=done), check_mode=check_mode, log=lambda level, text: lines.append((level, text)))
    assert lines == [(1, "Try: begins"), (2, "Try: done"), (2, "Try: done before"), (2, "Try: checked")]


# What an earlier run has started and not seen the end of

DETACHED = [scenario for scenario in WITH_PROGRAM if scenario.action in ("backup", "restore", "install", "setup_database")]


def leave(world: FakeManager, scenario: Scenario, end: CommandResult | Exception | None, done: bool) -> Step:
    """Let an earlier run have left the step's program, whose work is done or not."""
    if done:
        scenario.by_hand(world)
    world.leave_job(f"run-{step_of(scenario)}", end)
    return scenario.make(world.product())


def step_of(scenario: Scenario) -> str:
    versions = {"install": "10-00" if scenario.name == "install old version" else "10-10", "setup_database": "10-10"}
    return step_name(scenario.action, versions.get(scenario.action, ""))


@for_every(*DETACHED)
def test_what_runs_already_is_waited_for_and_not_started(scenario: Scenario, world: FakeManager) -> None:
    result = run(leave(world, scenario, CommandResult(0, "", "", 1.0), done=True))
    assert result["changed"] is True
    assert result["evidence"]["taken_up"]["exit_code"] == 0
    assert did_work(world) == []
    assert world.jobs == {}


@for_every(*DETACHED)
@pytest.mark.parametrize("end", [CommandResult(7, "", "", 1.0), UnknownOutcomeError("lost", code="job_lost")], ids=["failed", "lost"])
def test_what_had_failed_or_is_lost_is_done_again(scenario: Scenario, world: FakeManager, end: CommandResult | Exception) -> None:
    result = run(leave(world, scenario, end, done=False))
    assert result["changed"] is True
    assert did_work(world) != []


@for_every(*DETACHED)
def test_a_detached_step_is_done_like_any_other(scenario: Scenario, world: FakeManager) -> None:
    result = run(scenario.make(world.product(**{f"{scenario.action}__run_in": "task"})))
    assert result["changed"] is True
    assert "taken_up" not in result["evidence"]
    assert did_work(world) != []


@for_every(*DETACHED)
def test_check_mode_waits_for_nothing(scenario: Scenario, world: FakeManager) -> None:
    step = leave(world, scenario, CommandResult(0, "", "", 1.0), done=False)
    run(step, check_mode=True)
    assert world.jobs != {}


@for_every(*DETACHED)
def test_what_was_never_started_is_removed(scenario: Scenario, world: FakeManager) -> None:
    result = run(leave(world, scenario, None, done=False))
    assert "taken_up" not in result["evidence"]
    assert not any(folder.startswith(f"{JOBS}\\") for folder in world.folders)


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_what_could_not_be_recorded_is_not_done_again(scenario: Scenario, world: FakeManager) -> None:
    """As where the program's own work has filled the disk."""
    product = world.product(**{f"{scenario.action}__run_in": "task"})

    def full(path: str) -> None:
        if path.endswith(".json"):
            raise CommandError("No space.", code="file_operation_failed")

    world.before_change = full
    with pytest.raises(CommandError, match="No space"):
        run(scenario.make(product))
    assert list(world.jobs) == [f"run-{step_of(scenario)}"]
    world.before_change = lambda path: None
    world.ran.clear()
    result = run(scenario.make(product))
    assert result["evidence"]["taken_up"]["exit_code"] == 0
    assert did_work(world) == []
    assert world.jobs == {}
    assert run(scenario.make(product))["changed"] is False


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_a_job_whose_end_was_recorded_already_is_removed(scenario: Scenario, world: FakeManager) -> None:
    """As where the controller was killed between the two."""
    run(scenario.make(world.product()))
    world.leave_job(f"run-{step_of(scenario)}", CommandResult(0, "", "", 1.0))
    world.ran.clear()
    run(scenario.make(world.product()))
    assert did_work(world) == []
    assert world.jobs == {}


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_a_program_without_an_effect_is_not_taken_up(scenario: Scenario, world: FakeManager) -> None:
    product = world.product(**{f"{scenario.action}__run_in": "task"})
    world.faults[scenario.program] = Fault(exit_code=0, times=1)
    with pytest.raises((VerificationError, BackupRejectedError)):
        run(scenario.make(product))
    assert world.jobs == {}
    assert run(scenario.make(product))["executed"] is True


@for_every(*[scenario for scenario in DETACHED if scenario.action in ("backup", "restore")])
def test_what_can_not_be_read_afterwards_is_done_again(scenario: Scenario, world: FakeManager) -> None:
    """As where the status program finds what was written unreadable: another try must not be about the same files."""
    product = world.product(**{f"{scenario.action}__run_in": "task"})
    step = scenario.make(product)

    def unreadable(seen: Seen) -> dict[str, Any]:
        raise CommandError("dbstat.exe ended with exit code 9.", code="exit_code")

    step.post_check = unreadable  # type: ignore[method-assign]  # one step only, whichever its class is
    with pytest.raises(CommandError):
        run(step)
    assert world.jobs == {}
    world.ran.clear()
    assert run(scenario.make(product))["executed"] is True
    assert did_work(world) != []


def test_a_result_from_before_a_later_installation_is_not_believed(database_server: FakeManager) -> None:
    stop_all(database_server)
    database_server.leave_job("run-install-10-10", CommandResult(0, "", "", 1.0))
    result = run(InstallManager(database_server.product(), "10-10", MEDIA + r"\10-10"))
    assert result["evidence"]["install"]["exit_code"] == 0
    assert database_server.version == "10-10"


def test_the_installation_of_another_version_is_waited_for_and_not_taken_for_this_one(database_server: FakeManager) -> None:
    """As when the way back begins while the new version's installer still runs."""
    world = database_server
    stop_all(world)
    files = program_files(world.product())
    world.put_version("10-10")
    world.leave_job("run-install-10-10", CommandResult(0, "", "", 1.0))
    world.leave_job("run-setup_database-10-10", CommandResult(0, "", "", 1.0))
    world.leave_job("other-install-10-00", CommandResult(0, "", "", 1.0))
    step = InstallManager(world.product(), "10-00", MEDIA + r"\10-00", expected_files=files, removal_media_folder=MEDIA + r"\10-10")
    result = run(step)
    assert result["executed"] is True
    assert "taken_up" not in result["evidence"]
    assert world.version == "10-00"
    assert set(world.jobs) == {"run-setup_database-10-10", "other-install-10-00"}
