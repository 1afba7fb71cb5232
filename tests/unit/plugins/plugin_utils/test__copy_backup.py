# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import Disk
from ansible_collections.jp1.itdm.plugins.plugin_utils._copy_backup import CopyBackup, VerifyCopy, check_copy_folder
from ansible_collections.jp1.itdm.plugins.plugin_utils._restore_database import RestoreDatabase
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import Fault
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import BACKUP, back_up, did_work, run

COPY = r"E:\JP1\copy\run1"
RECORDS = COPY + r"\database\records.dat"
MANIFEST = COPY + r"\manifest.json"


@pytest.fixture
def world(database_server: FakeManager) -> FakeManager:
    """A database server with a backup and one more drive."""
    database_server.disks["E:"] = Disk(10**9, 10**9)
    back_up(database_server)
    database_server.ran.clear()
    return database_server


def copy(world: FakeManager, folder: str = COPY) -> CopyBackup:
    return CopyBackup(world.product(), BACKUP, folder, "run1")


def rejected(step: VerifyCopy, code: str) -> UpgradeError:
    with pytest.raises(UpgradeError) as caught:
        run(step)
    assert caught.value.code == code
    assert caught.value.remedy
    return caught.value


def of_copy(world: FakeManager) -> dict[str, bytes]:
    return {name.removeprefix(COPY): data for name, data in world.files.items() if name.startswith(COPY)}


def of_backup(world: FakeManager) -> dict[str, bytes]:
    return {name.removeprefix(BACKUP): data for name, data in world.files.items() if name.startswith(BACKUP)}


# Where it may be


@pytest.mark.parametrize("folder", [r"D:\JP1\copy", r"d:\x", "D:/JP1/backup/run1", BACKUP])
def test_a_copy_on_the_same_drive_is_refused_by_name(world: FakeManager, folder: str) -> None:
    with pytest.raises(OptionError, match="copy_folder: ") as caught:
        check_copy_folder(BACKUP, folder)
    assert caught.value.code == "copy_on_same_drive"
    with pytest.raises(OptionError):
        copy(world, folder)


def test_the_backups_own_folder_is_named_as_such() -> None:
    with pytest.raises(OptionError, match="the backup's own folder"):
        check_copy_folder(BACKUP, BACKUP.lower() + "\\")


@pytest.mark.parametrize("folder", ["", "copy", r"E:copy", r"E:\a*b"])
def test_what_is_no_folder_is_refused(folder: str) -> None:
    with pytest.raises(OptionError) as caught:
        check_copy_folder(BACKUP, folder)
    assert caught.value.code == "bad_path"


def test_shares_and_other_drives_are_good() -> None:
    for folder in (COPY, r"\\nas\backup\JP1", "E:/JP1"):
        check_copy_folder(BACKUP, folder)


# Making it


def test_the_copy_is_equal_to_the_backup(world: FakeManager) -> None:
    result = run(copy(world))
    assert of_copy(world) == of_backup(world)
    assert result["after"] == {"folder": COPY, "files": 2, "bytes": 23}
    assert [command[0] for command in world.ran] == ["xcopy"]


def test_a_second_run_changes_nothing(world: FakeManager) -> None:
    run(copy(world))
    done = world.picture()
    world.ran.clear()
    assert run(copy(world))["changed"] is False
    assert run(VerifyCopy(world.product(), BACKUP, COPY, "run1"))["changed"] is False
    assert world.ran == []
    assert world.picture() == done


def test_check_mode_copies_nothing(world: FakeManager) -> None:
    before = world.picture()
    assert run(copy(world), check_mode=True)["changed"] is True
    assert world.picture() == before
    world.remove_folder(BACKUP)
    assert len(run(copy(world), check_mode=True)["not_evaluated"]) == 1
    rejected(copy(world), "backup_missing")


def test_what_an_interrupted_attempt_left_is_thrown_away(world: FakeManager) -> None:
    world.add_file(RECORDS, b"half")
    world.add_file(COPY + r"\database\other.dat", b"old")
    run(copy(world))
    assert of_copy(world) == of_backup(world)


def test_slashes_are_no_matter(world: FakeManager) -> None:
    run(copy(world, "E:/JP1/copy/run1/"))
    assert of_copy(world) == of_backup(world)


def test_a_copy_can_be_restored(world: FakeManager) -> None:
    run(copy(world))
    world.records = 250
    run(RestoreDatabase(world.product(), COPY, "run1"))
    assert world.records == 200


# Making it fails


def test_a_drive_without_room_is_refused_before_anything_is_copied(world: FakeManager) -> None:
    world.disks["E:"] = Disk(22, 10**9)
    before = world.picture()
    error = rejected(copy(world), "copy_space")
    assert "22 bytes free" in error.message
    assert "needs 23" in error.message
    assert world.picture() == before
    assert did_work(world) == []


def test_a_drive_that_can_not_be_read_is_refused(world: FakeManager) -> None:
    del world.disks["E:"]
    rejected(copy(world), "copy_space")
    run(copy(world, r"\\nas\backup\run1"))  # of a share that can not always be told


def test_a_program_that_fails_is_a_failure(world: FakeManager) -> None:
    world.faults["xcopy"] = Fault(exit_code=4)
    error = rejected(copy(world), "copy_failed")
    assert error.evidence["exit_code"] == 4
    assert MANIFEST not in world.files


def test_a_copy_is_believed_only_when_it_is_proven(world: FakeManager) -> None:
    world.faults["xcopy"] = Fault(exit_code=0)
    error = rejected(copy(world), "copy_differs")
    assert error.failure_class == "backup_rejected"
    assert error.evidence["code"] == "backup_empty"
    assert MANIFEST not in world.files
    world.faults.clear()
    run(copy(world))
    assert of_copy(world) == of_backup(world)


# A copy that is not the backup any more

DAMAGES: dict[str, Callable[[FakeManager], None]] = {
    "altered": lambda world: world.add_file(RECORDS, b"records=999"),
    "shorter": lambda world: world.add_file(RECORDS, b"r"),
    "missing": lambda world: world.remove_file(RECORDS),
    "more": lambda world: world.add_file(COPY + r"\database\more.dat"),
    "manifest": lambda world: world.add_file(MANIFEST, b"{}"),
    "manifest of another backup": lambda world: world.add_file(MANIFEST, world.files[MANIFEST].replace(b"run1", b"run2")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_wrong_copy_is_rejected_and_not_replaced(world: FakeManager, damage: str) -> None:
    run(copy(world))
    DAMAGES[damage](world)
    before = world.picture()
    for step in (copy(world), VerifyCopy(world.product(), BACKUP, COPY, "run1")):
        error = rejected(step, "copy_differs")
        assert error.failure_class == "backup_rejected"
        assert COPY in error.message
    assert world.picture() == before


def test_a_missing_copy_is_rejected_where_one_has_to_be(world: FakeManager) -> None:
    rejected(VerifyCopy(world.product(), BACKUP, COPY, "run1"), "copy_missing")


def test_a_copy_of_another_runs_backup_is_rejected(world: FakeManager) -> None:
    run(copy(world))
    rejected(VerifyCopy(world.product(), BACKUP, COPY, "run2"), "copy_differs")
