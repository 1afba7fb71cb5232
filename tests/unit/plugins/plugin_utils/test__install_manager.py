# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._checks import INSTALLATION_BYTES
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    OptionError,
    PreconditionError,
    TimeLimitError,
    UnknownOutcomeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import Disk
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import Process
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import program_files
from ansible_collections.jp1.itdm.plugins.plugin_utils._install_manager import InstallManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import BIN, LOG, MEDIA, SERVICES, FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import Fault
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import did_work, run, stop_all

RESPONSE = {
    "shell": r"C:\Windows\Temp\jp1itdm-install.rsp",
    "task": r"C:\ProgramData\jp1_itdm_upgrade\jobs\run-install-10-10\response.txt",
}


def forward(world: FakeManager, version: str = "10-10", media: str = MEDIA + r"\10-10", **options: Any) -> InstallManager:
    overrides = options.pop("overrides", {})
    return InstallManager(world.product(**overrides), version, media, **options)


def back(world: FakeManager, files: dict[str, str], **overrides: Any) -> InstallManager:
    return forward(
        world,
        "10-00",
        MEDIA + r"\10-00",
        expected_files=files,
        removal_media_folder=MEDIA + r"\10-10",
        overrides=overrides,
    )


@pytest.fixture
def ready(database_server: FakeManager) -> FakeManager:
    """A database server whose services are stopped."""
    stop_all(database_server)
    return database_server


# Conditions


@pytest.mark.parametrize(
    ("prepare", "code", "told"),
    [
        (lambda world: world.remove_file(MEDIA + r"\10-10\SETUP.EXE"), "media", "SETUP.EXE can not be read"),
        (
            lambda world: world.add_file(MEDIA + r"\10-10\media.ini", b"Version=10-00"),
            "media",
            "states 10-00, not 10-10",
        ),
        (lambda world: world.remove_file(MEDIA + r"\10-10\media.ini"), "media", "states None, not 10-10"),
        (lambda world: world.put_version("10-20"), "downgrade", "10-20"),
        (lambda world: world.set_state("running", "Database"), "services_running", "Database"),
        (lambda world: world.set_state("stop_pending", "Database"), "services_running", "Database"),
        (lambda world: world.processes.append("SETUP.EXE"), "installer_running", "SETUP.EXE"),
        (lambda world: world.disks.update({"C:": Disk(INSTALLATION_BYTES - 1, 10**11)}), "installation_space", "C:"),
    ],
)
def test_a_condition_that_does_not_hold_stops_the_step_before_it_begins(
    ready: FakeManager, prepare: Callable[[FakeManager], None], code: str, told: str
) -> None:
    prepare(ready)
    before = ready.picture()
    with pytest.raises(PreconditionError) as caught:
        run(forward(ready))
    assert caught.value.code == code
    assert told in caught.value.message
    assert caught.value.remedy
    assert caught.value.evidence["executed"] is False
    assert did_work(ready) == []
    assert ready.picture() == before


def test_check_mode_only_waits_for_what_earlier_steps_do(ready: FakeManager) -> None:
    ready.set_state("running", "Database")
    assert run(forward(ready), check_mode=True)["not_evaluated"] == ["These services still run: Database."]
    ready.remove_file(MEDIA + r"\10-10\SETUP.EXE")
    with pytest.raises(PreconditionError):
        run(forward(ready), check_mode=True)


def test_a_folder_that_is_not_on_a_local_drive_is_not_readable(ready: FakeManager) -> None:
    with pytest.raises(PreconditionError, match="can not be read"):
        run(forward(ready, media=r"\\server\media"))


@pytest.mark.parametrize(("version", "code"), [("10-50", "itdm2_target"), ("10.10", "bad_version")])
def test_a_wrong_version_is_refused_before_the_server_is_asked(ready: FakeManager, version: str, code: str) -> None:
    with pytest.raises(OptionError) as caught:
        forward(ready, version)
    assert caught.value.code == code
    assert ready.requests == 0


# What the installer is told


@pytest.mark.parametrize("auto_update", [True, False])
@pytest.mark.parametrize("start_services", [True, False])
def test_the_response_file_says_what_is_wanted(ready: FakeManager, auto_update: bool, start_services: bool) -> None:
    run(forward(ready, auto_update=auto_update, start_services=start_services))
    words = {True: "yes", False: "no"}
    assert ready.started_by_installer == [f"AutoUpdate={words[auto_update]}\r\nStartServices={words[start_services]}\r\n"]


@pytest.mark.parametrize("run_in", RESPONSE)
@pytest.mark.parametrize("exit_code", [0, 1])
def test_the_response_file_is_private_and_goes_away(ready: FakeManager, run_in: str, exit_code: int) -> None:
    if exit_code:
        ready.faults["setup"] = Fault(exit_code=exit_code)
    with pytest.raises(CommandError) if exit_code else nullcontext():
        run(forward(ready, overrides={"install__run_in": run_in}))
    assert RESPONSE[run_in] in ready.private
    assert RESPONSE[run_in] in ready.ran[0]
    assert RESPONSE[run_in] not in ready.files


def test_an_installer_that_runs_unseen_keeps_its_response_file_until_its_end(ready: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the answer to its start was lost, it may not have read the file yet."""
    seen: list[bool] = []

    def processes(names: list[str]) -> list[Process]:
        if not ready.ran:  # the pre-check
            return []
        seen.append(RESPONSE["shell"] in ready.files)
        return [Process("SETUP.EXE", 7)] if len(seen) == 1 else []

    monkeypatch.setattr(ready, "_running_processes", processes)
    ready.faults["setup"] = Fault(effect=True, error=ConnectionLostError("Gone.", code="answer_lost"), times=1)
    run(forward(ready, overrides={"install__run_in": "shell"}))
    assert seen
    assert all(seen)
    assert RESPONSE["shell"] not in ready.files


def test_an_installer_that_runs_for_too_long_leaves_no_response_file(
    ready: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    """It may hold a secret."""
    monkeypatch.setattr(ready, "_running_processes", lambda names: [Process("SETUP.EXE", 7)] if ready.ran else [])
    ready.faults["setup"] = Fault(error=ConnectionLostError("Gone.", code="answer_lost"))
    with pytest.raises(TimeLimitError):
        run(forward(ready, overrides={"install__run_in": "shell"}))
    assert RESPONSE["shell"] not in ready.files


def test_a_failure_keeps_the_end_of_the_installers_log(ready: FakeManager) -> None:
    ready.faults["setup"] = Fault(exit_code=1)
    ready.add_file(LOG, b"x" * 5000 + b"not enough memory")
    with pytest.raises(CommandError) as caught:
        run(forward(ready))
    assert caught.value.evidence["log"].endswith("not enough memory")
    assert len(caught.value.evidence["log"]) == 4000


def test_what_can_not_be_cleaned_up_does_not_hide_the_failure(ready: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(path: str) -> None:
        raise CommandError("The file is in use.", code="file_operation_failed")

    monkeypatch.setattr(ready, "remove_file", busy)
    ready.faults["setup"] = Fault(exit_code=1)
    with pytest.raises(CommandError) as caught:
        run(forward(ready))
    assert caught.value.code == "exit_code"
    ready.faults.clear()
    assert run(forward(ready))["changed"] is True


def test_an_installer_without_a_response_file_gets_none(ready: FakeManager) -> None:
    overrides = {"install__response_file": "", "install__argv": [r"{media_folder}\SETUP.EXE"]}

    def quiet(arguments: list[str], stdin: str) -> tuple[int, str]:
        ready.put_version("10-10")
        return 0, ""

    ready.programs["setup"] = quiet
    run(forward(ready, overrides=overrides))
    assert not ready.private


def test_an_exit_code_may_ask_for_a_restart(ready: FakeManager) -> None:
    assert run(forward(ready))["evidence"]["install"]["restart_wanted"] is False
    ready.put_version("10-00")
    ready.faults["setup"] = Fault(exit_code=3010, effect=True)
    assert run(forward(ready))["evidence"]["install"]["restart_wanted"] is True


# What is found afterwards


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (lambda world: world.put_version("10-00"), "the server shows version 10-00"),
        (lambda world: world.put_version("nonsense"), "the server shows version nonsense"),
        (lambda world: setattr(world, "entries", []), "the server shows no installation"),
    ],
)
def test_the_failure_says_what_the_server_shows(ready: FakeManager, left: Callable[[FakeManager], None], told: str) -> None:
    def leave(arguments: list[str], stdin: str) -> tuple[int, str]:
        left(ready)
        return 0, ""

    ready.programs["setup"] = leave
    with pytest.raises(VerificationError, match=told):
        run(forward(ready))


# The way back


def upgraded(world: FakeManager) -> dict[str, str]:
    """Upgrade the server, and return the program files that it had before."""
    files = program_files(world.product())
    run(forward(world))
    world.ran.clear()
    return files


@pytest.mark.parametrize(("remove_first", "runs"), [(True, ["/u", "/s"]), (False, ["/s"])])
def test_the_new_version_is_removed_first_where_the_profile_says_so(ready: FakeManager, remove_first: bool, runs: list[str]) -> None:
    files = upgraded(ready)
    run(back(ready, files, rollback__remove_new_version_first=remove_first))
    assert [command[1] for command in ready.ran] == runs
    assert ready.version == "10-00"
    assert program_files(ready.product()) == files


def test_the_removal_uses_the_new_versions_media(ready: FakeManager) -> None:
    files = upgraded(ready)
    run(back(ready, files))
    assert [command[0] for command in ready.ran] == [MEDIA + r"\10-10\SETUP.EXE", MEDIA + r"\10-00\SETUP.EXE"]


def test_a_version_that_was_removed_already_is_not_removed_again(ready: FakeManager) -> None:
    files = upgraded(ready)
    ready.entries = []
    run(back(ready, files))
    assert [command[1] for command in ready.ran] == ["/s"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda world: world.remove_file(BIN + r"\dbstat.exe"),
        lambda world: world.add_file(BIN + r"\dbstat.exe", b"dbstat 10-10"),
        lambda world: world.add_file(BIN + r"\new.exe"),
    ],
)
def test_the_old_version_number_with_other_files_is_not_the_old_version(ready: FakeManager, damage: Callable[[FakeManager], None]) -> None:
    files = program_files(ready.product())
    assert run(back(ready, files))["changed"] is False
    damage(ready)
    if BIN + r"\new.exe" in ready.files:
        with pytest.raises(VerificationError, match="not those of before") as caught:
            run(back(ready, files))
        assert caught.value.code == "installation_not_effective"
    else:
        assert run(back(ready, files))["changed"] is True
        assert program_files(ready.product()) == files


def test_a_failed_removal_stops_the_way_back(ready: FakeManager) -> None:
    files = upgraded(ready)
    ready.faults["setup"] = Fault(exit_code=5)
    with pytest.raises(CommandError) as caught:
        run(back(ready, files))
    assert caught.value.evidence["action"] == "uninstall"
    assert len(ready.ran) == 1


@pytest.mark.parametrize("server", ["database_server", "management_server"])
def test_what_a_restart_has_started_is_stopped_before_the_next_try(
    server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    world: FakeManager = request.getfixturevalue(server)
    stop_all(world)
    product = world.product()
    monkeypatch.setattr(product, "await_end", lambda *actions: world.set_state("running", *SERVICES[server]))
    lost = UnknownOutcomeError("Gone.", code="job_lost", evidence={"restarted": True})
    world.faults["setup"] = Fault(error=lost, times=1)
    result = run(InstallManager(product, "10-10", MEDIA + r"\10-10"))
    assert result["evidence"]["interrupted"]["evidence"]["restarted"] is True
    assert world.version == "10-10"
    assert did_work(world)[-1] == "setup"
