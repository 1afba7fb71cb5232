# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the procedure, each with a server on which it is not done yet."""

from __future__ import annotations

import ntpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import (
    BackUpDatabase,
    DeleteBackup,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._control_services import ControlServices
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import program_files
from ansible_collections.jp1.itdm.plugins.plugin_utils._install_manager import InstallManager
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product
from ansible_collections.jp1.itdm.plugins.plugin_utils._register_license import RegisterLicense
from ansible_collections.jp1.itdm.plugins.plugin_utils._restore_database import RestoreDatabase
from ansible_collections.jp1.itdm.plugins.plugin_utils._setup_database import SetUpDatabase
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step, run_step
from ansible_collections.jp1.itdm.tests.unit.plugins import journals
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import MEDIA, SERVICES, FakeManager

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
    return lambda product: journals.step(product.host, state, **wish)  # type: ignore[arg-type]  # a FakeManager stands for the host


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


def did_work(world: FakeManager) -> list[str]:
    names = [ntpath.basename(command[0]).lower().removesuffix(".exe") for command in world.ran]
    return [name for name in names if name not in LOOKING]
