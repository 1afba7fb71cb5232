# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    BackupRejectedError,
    PreconditionError,
    UpgradeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._manifest import Manifest
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import Disk
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import (
    Backup,
    BackUpDatabase,
    DeleteBackup,
    VerifyBackup,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._restore_database import RestoreDatabase
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import Fault
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import BACKUP, back_up, run

DATABASE = BACKUP + r"\database"
MANIFEST = BACKUP + r"\manifest.json"
MARK = BACKUP + r"\restored.json"


def rejected(step: Step, code: str) -> UpgradeError:
    with pytest.raises(UpgradeError) as caught:
        run(step)
    assert caught.value.code == code
    assert caught.value.evidence["executed"] is False
    return caught.value


def restore(world: FakeManager, run_id: str | None = "run1") -> RestoreDatabase:
    return RestoreDatabase(world.product(), BACKUP, run_id)


# Taking a backup


def test_the_manifest_describes_the_backup(database_server: FakeManager) -> None:
    back_up(database_server)
    manifest = Manifest.from_json(database_server.files[MANIFEST].decode())
    assert manifest.run_id == "run1"
    assert manifest.host == "JP1DB01"
    assert manifest.product_version == "10-00"
    assert manifest.records == 200
    assert manifest.created == "2026-03-01T12:00:00+00:00"
    assert [file.path for file in manifest.files] == ["export.ini", "records.dat"]


def test_a_server_that_can_not_tell_the_time_still_gets_a_manifest(database_server: FakeManager) -> None:
    database_server.facts["os_times"] = None
    back_up(database_server)
    assert Manifest.from_json(database_server.files[MANIFEST].decode()).created == ""


def test_what_an_interrupted_attempt_left_is_thrown_away(database_server: FakeManager) -> None:
    database_server.add_file(DATABASE + r"\half.dat", b"records=7")
    back_up(database_server)
    assert DATABASE + r"\half.dat" not in database_server.files
    assert b"half.dat" not in database_server.files[MANIFEST]


def test_the_backup_of_another_run_is_not_touched(database_server: FakeManager) -> None:
    back_up(database_server)
    before = database_server.picture()
    error = rejected(BackUpDatabase(database_server.product(), BACKUP, "run2"), "backup_stale")
    assert "run1" in error.message
    assert database_server.picture() == before


def test_an_altered_backup_of_this_run_is_not_silently_replaced(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.files[DATABASE + r"\records.dat"] = b"records=999"
    before = database_server.picture()
    rejected(BackUpDatabase(database_server.product(), BACKUP, "run1"), "backup_altered")
    assert database_server.picture() == before


def test_a_backup_with_too_few_records_gets_no_manifest(database_server: FakeManager) -> None:
    def export_half(arguments: list[str], stdin: str) -> tuple[int, str]:
        database_server.add_file(rf"{arguments[0]}\records.dat", b"records=100")
        return 0, ""

    database_server.programs["exportdb"] = export_half
    with pytest.raises(BackupRejectedError) as caught:
        back_up(database_server)
    assert caught.value.code == "backup_truncated"
    assert "100" in caught.value.message
    assert "200" in caught.value.message
    assert MANIFEST not in database_server.files


def test_records_that_arrive_meanwhile_are_welcome(database_server: FakeManager) -> None:
    export = database_server.programs["exportdb"]

    def one_more(arguments: list[str], stdin: str) -> tuple[int, str]:
        database_server.records += 1
        return export(arguments, stdin)

    database_server.programs["exportdb"] = one_more
    back_up(database_server)
    assert Manifest.from_json(database_server.files[MANIFEST].decode()).records == 201


def test_without_the_product_there_is_nothing_to_back_up(database_server: FakeManager) -> None:
    database_server.entries = []
    before = database_server.picture()
    rejected(BackUpDatabase(database_server.product(), BACKUP, "run1"), "not_installed")
    assert database_server.picture() == before


# Compared with the last backup beside it


def of_size(world: FakeManager, run_id: str, size: int) -> list[str]:
    """Take a backup with so many bytes, and return the warnings."""

    def export(arguments: list[str], stdin: str) -> tuple[int, str]:
        world.add_file(rf"{arguments[0]}\records.dat", b"records=200 ".ljust(size))
        return 0, ""

    world.programs["exportdb"] = export
    result = run(BackUpDatabase(world.product(), rf"D:\JP1\backup\{run_id}", run_id))
    warnings: list[str] = result["after"]["warnings"]
    return warnings


def test_a_backup_is_compared_with_the_last_one(database_server: FakeManager) -> None:
    assert of_size(database_server, "20260301T010000Z", 1000) == []
    assert of_size(database_server, "20260302T010000Z", 500) == []
    (warning,) = of_size(database_server, "20260303T010000Z", 1001)
    assert "1,001 bytes" in warning
    assert "500" in warning
    assert "20260302T010000Z" in warning
    assert len(of_size(database_server, "20260304T010000Z", 500)) == 1


def test_what_is_no_backup_is_no_measure(database_server: FakeManager) -> None:
    of_size(database_server, "20260301T010000Z", 1000)
    database_server.add_file(r"D:\JP1\backup\20260302T010000Z\manifest.json", b"{")
    database_server.add_file(r"D:\JP1\backup\zzz\other.txt", b"no backup")
    (warning,) = of_size(database_server, "20260303T010000Z", 100)
    assert "20260301T010000Z" in warning


def test_a_backup_that_was_taken_before_is_not_compared_again(database_server: FakeManager) -> None:
    of_size(database_server, "20260301T010000Z", 1000)
    of_size(database_server, "20260302T010000Z", 100)
    again = run(BackUpDatabase(database_server.product(), r"D:\JP1\backup\20260302T010000Z", "20260302T010000Z"))
    assert "warnings" not in again["after"]


# Room for a restore


def test_a_backup_that_could_not_be_restored_is_named_before_it_is_needed(database_server: FakeManager) -> None:
    database_server.disks["C:"] = Disk(10, 100)
    with pytest.raises(PreconditionError) as caught:
        back_up(database_server)
    assert caught.value.code == "restore_space"
    assert caught.value.evidence["free"] == 10
    assert r"C:\data" in caught.value.message
    # it is a good backup all the same, and the next run asks again
    assert MANIFEST in database_server.files
    for step in (BackUpDatabase(database_server.product(), BACKUP, "run1"), VerifyBackup(database_server.product(), BACKUP, "run1")):
        rejected(step, "restore_space")
    database_server.disks["C:"] = Disk(10**6, 10**6)
    assert run(BackUpDatabase(database_server.product(), BACKUP, "run1"))["changed"] is False


def test_a_restore_does_not_begin_without_room(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.records = 250
    del database_server.disks["C:"]
    before = database_server.picture()
    assert "can not be read" in rejected(restore(database_server), "restore_space").message
    assert database_server.picture() == before


def test_room_is_not_asked_for_where_nobody_knows_the_place(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.disks.clear()
    database_server.records = 250
    assert run(RestoreDatabase(database_server.product(database__folder=""), BACKUP, "run1"))["changed"] is True


# What makes a backup unfit; nothing is changed, neither for the proof nor for the restore

DAMAGES = {
    "manifest_damaged": lambda world: world.add_file(MANIFEST, b"{"),
    "manifest_schema_unknown": lambda world: world.add_file(MANIFEST, b'{"schema": 99}'),
    "backup_missing": lambda world: world.remove_file(MANIFEST),
    "backup_empty": lambda world: world.remove_folder(DATABASE),
    "backup_truncated": lambda world: world.add_file(DATABASE + r"\records.dat", b"r"),
    "backup_altered": lambda world: world.add_file(DATABASE + r"\records.dat", b"records=999"),
}


@pytest.mark.parametrize("code", DAMAGES)
def test_an_unfit_backup_is_rejected_by_name_before_anything_is_touched(database_server: FakeManager, code: str) -> None:
    back_up(database_server)
    database_server.records = 250
    DAMAGES[code](database_server)
    before = database_server.picture()
    rejected(VerifyBackup(database_server.product(), BACKUP, "run1"), code)
    rejected(restore(database_server), code)
    assert database_server.picture() == before


def test_a_backup_of_another_run_is_not_restored(database_server: FakeManager) -> None:
    back_up(database_server)
    rejected(restore(database_server, "run2"), "backup_stale")
    rejected(VerifyBackup(database_server.product(), BACKUP, "run2"), "backup_stale")


def test_a_backup_of_another_version_is_not_restored(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.put_version("10-10")
    before = database_server.picture()
    rejected(restore(database_server), "backup_other_version")
    assert len(run(restore(database_server), check_mode=True)["not_evaluated"]) == 1
    assert database_server.picture() == before


def test_a_backup_is_not_restored_without_the_product(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.entries = []
    rejected(restore(database_server), "not_installed")


# Restoring


def test_a_restore_replaces_the_records_and_says_how_many_there_were(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.records, database_server.schema = 250, "10-10"
    result = run(restore(database_server, None))
    assert (database_server.records, database_server.schema) == (200, "10-00")
    assert result["evidence"]["records_before"] == 250
    assert result["evidence"]["started"]
    assert result["after"]["records"] == 200
    assert MARK in database_server.files


def test_equal_numbers_are_no_proof_of_an_earlier_restore(database_server: FakeManager) -> None:
    back_up(database_server)
    assert run(restore(database_server))["changed"] is True
    assert run(restore(database_server))["changed"] is False


def test_records_that_came_after_a_restore_are_restored_over(database_server: FakeManager) -> None:
    back_up(database_server)
    run(restore(database_server))
    database_server.records = 300
    assert run(restore(database_server))["changed"] is True
    assert database_server.records == 200


def test_a_restore_that_did_nothing_is_seen_by_the_schema_where_the_numbers_are_equal(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.schema = "10-10"
    database_server.faults["importdb"] = Fault(exit_code=0)
    with pytest.raises(VerificationError, match="schema 10-10; the backup has 10-00") as caught:
        run(restore(database_server))
    assert caught.value.code == "restore_incomplete"
    assert MARK not in database_server.files


def test_a_restore_that_leaves_a_damaged_database_is_not_done(database_server: FakeManager) -> None:
    back_up(database_server)
    whole = database_server.programs["importdb"]

    def half(arguments: list[str], stdin: str) -> tuple[int, str]:
        answer = whole(arguments, stdin)
        database_server.damaged = True
        return answer

    database_server.programs["importdb"] = half
    with pytest.raises(VerificationError) as caught:
        run(restore(database_server))
    assert caught.value.code == "database_damaged"
    assert MARK not in database_server.files
    database_server.programs["importdb"] = whole
    assert run(restore(database_server))["changed"] is True


def test_a_database_that_is_damaged_after_a_restore_is_restored_again(database_server: FakeManager) -> None:
    back_up(database_server)
    run(restore(database_server))
    database_server.damaged = True
    assert run(restore(database_server))["changed"] is True
    assert not database_server.damaged


def test_a_database_that_was_upgraded_after_a_restore_is_restored_again(database_server: FakeManager) -> None:
    back_up(database_server)
    run(restore(database_server))
    database_server.schema = "10-10"
    assert run(restore(database_server))["changed"] is True
    assert database_server.schema == "10-00"


def test_the_mark_of_a_restore_does_not_spoil_the_backup(database_server: FakeManager) -> None:
    back_up(database_server)
    run(restore(database_server))
    assert run(VerifyBackup(database_server.product(), BACKUP, "run1"))["changed"] is False


# Deleting


def test_only_the_backup_of_the_named_run_is_deleted(database_server: FakeManager) -> None:
    back_up(database_server)
    before = database_server.picture()
    error = rejected(DeleteBackup(database_server.product(), BACKUP, "run2"), "backup_stale")
    assert "run1" in error.message
    assert database_server.picture() == before


def test_a_folder_that_is_no_backup_is_not_deleted(database_server: FakeManager) -> None:
    database_server.add_file(BACKUP + r"\precious.txt")
    rejected(DeleteBackup(database_server.product(), BACKUP, "run1"), "backup_stale")
    assert BACKUP + r"\precious.txt" in database_server.files


def test_nothing_but_the_backup_is_deleted(database_server: FakeManager) -> None:
    back_up(database_server)
    database_server.add_file(r"D:\JP1\backup\run10\manifest.json")
    run(DeleteBackup(database_server.product(), BACKUP, "run1"))
    assert not [name for name in database_server.files if name.startswith(BACKUP + "\\")]
    assert r"D:\JP1\backup\run10\manifest.json" in database_server.files


def test_a_backslash_at_the_end_of_the_folder_makes_no_difference(database_server: FakeManager) -> None:
    back_up(database_server)
    backup = Backup(database_server, BACKUP + "\\")  # type: ignore[arg-type]
    assert backup.verified().run_id == "run1"
