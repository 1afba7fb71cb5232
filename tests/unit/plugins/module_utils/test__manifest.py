# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import BackupRejectedError
from ansible_collections.jp1.itdm.plugins.module_utils._manifest import (
    Manifest,
    build_manifest,
    other_version,
    size_warnings,
    verify_backup,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import FileEntry
from hypothesis import assume, given
from hypothesis import strategies as st

digests = st.integers(min_value=0, max_value=2**256 - 1).map(lambda number: f"{number:064x}")
paths = st.from_regex(r"[a-z]{1,8}(\\[a-z0-9 ]{1,8})?\.dat", fullmatch=True)
entries = st.builds(FileEntry, paths, st.integers(min_value=1, max_value=10**12), digests)
folders = st.lists(entries, min_size=1, max_size=6, unique_by=lambda entry: entry.path)

FILES = [FileEntry("records.dat", 10, "a" * 64), FileEntry(r"packages\ツール.pkg", 20, "b" * 64)]


def manifest(files: list[FileEntry] | None = None, **changes: Any) -> Manifest:
    facts = {"run_id": "run1", "host": "JP1DB01", "created": "2026-03-01T12:00:00+00:00"}
    return build_manifest(FILES if files is None else files, **{**facts, "product_version": "10-00", "records": 200, **changes})


def rejected(*arguments: Any, **options: Any) -> BackupRejectedError:
    with pytest.raises(BackupRejectedError) as caught:
        verify_backup(*arguments, **options)
    assert caught.value.failure_class == "backup_rejected"
    assert caught.value.remedy.startswith("Do not restore it")
    return caught.value


# Written and read


@given(folders, st.text(), st.none() | st.integers(min_value=0))
def test_a_manifest_is_read_back_as_it_was_written(files: list[FileEntry], host: str, records: int | None) -> None:
    made = manifest(files, host=host, records=records)
    assert Manifest.from_json(made.to_json()) == made


@given(folders, st.randoms())
def test_the_same_files_always_make_the_same_text(files: list[FileEntry], random: Any) -> None:
    shuffled = list(files)
    random.shuffle(shuffled)
    assert manifest(shuffled).to_json() == manifest(files).to_json()


def test_a_manifest_says_what_it_was_made_of() -> None:
    made = manifest()
    assert (made.run_id, made.host, made.created) == ("run1", "JP1DB01", "2026-03-01T12:00:00+00:00")
    assert (made.product_version, made.records, set(made.files)) == ("10-00", 200, set(FILES))


def test_the_size_of_a_backup_is_that_of_its_files() -> None:
    assert manifest().bytes == 30


def test_names_are_written_readably() -> None:
    assert "ツール" in manifest().to_json()


# Damaged manifests


def read_rejected(text: str) -> str:
    with pytest.raises(BackupRejectedError) as caught:
        Manifest.from_json(text)
    remedies = {
        "manifest_damaged": "Take a new backup; never edit a manifest.",
        "manifest_schema_unknown": "Use the version of the collection that made the backup.",
    }
    assert caught.value.message.startswith("The manifest ")
    assert caught.value.remedy == remedies[caught.value.code]
    return caught.value.code


@pytest.mark.parametrize("text", ["", "{", "null", "5", '"text"', "[]", "{}", '{"schema": 1}', "\ufffd"])
def test_what_is_no_manifest_is_damaged(text: str) -> None:
    assert read_rejected(text) == "manifest_damaged"


@given(st.integers(min_value=0, max_value=500))
def test_a_manifest_that_was_cut_off_is_damaged(length: int) -> None:
    text = manifest().to_json().rstrip()
    assume(length < len(text))
    assert read_rejected(text[:length]) == "manifest_damaged"


def altered_json(**changes: Any) -> str:
    return json.dumps({**json.loads(manifest().to_json()), **changes})


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_a_manifest_of_another_schema_is_named_as_such(schema: Any) -> None:
    assert read_rejected(altered_json(schema=schema)) == "manifest_schema_unknown"


@pytest.mark.parametrize("key", ["run_id", "host", "created", "product_version", "records", "files", "schema"])
def test_no_key_may_be_missing(key: str) -> None:
    content = json.loads(manifest().to_json())
    del content[key]
    assert read_rejected(json.dumps(content)) == "manifest_damaged"


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": 1},
        {"files": None},
        {"files": ["records.dat"]},
        {"files": [{"path": "a", "size": "10", "sha256": "a" * 64}]},
        {"files": [{"path": "a", "size": 10, "sha256": "a" * 63}]},
        {"files": [{"path": "a", "size": 10, "sha256": "A" * 64}]},
        {"files": [{"path": "a", "size": 10, "sha256": None}]},
        {"files": [{"path": "a", "size": 10}]},
        {"files": [{"path": 5, "size": 10, "sha256": "a" * 64}]},
        {"files": [{"path": None, "size": 10, "sha256": "a" * 64}]},
        {"records": "200"},
        {"records": [200]},
        {"run_id": 5},
        {"product_version": ["10-00"]},
    ],
)
def test_every_value_has_its_type(changes: dict[str, Any]) -> None:
    assert read_rejected(altered_json(**changes)) == "manifest_damaged"


# Empty backups


@pytest.mark.parametrize("files", [[], [FileEntry("a", 0, "c" * 64)]])
def test_an_empty_backup_gets_no_manifest(files: list[FileEntry]) -> None:
    with pytest.raises(BackupRejectedError) as caught:
        manifest(files)
    assert caught.value.code == "backup_empty"
    assert "holds no file with content" in caught.value.message
    assert caught.value.remedy.startswith("Look at the output of the backup command")


# A backup that is held against its manifest


@given(folders)
def test_an_untouched_backup_is_accepted(files: list[FileEntry]) -> None:
    verify_backup(manifest(files), reversed(files), run_id="run1")


def test_windows_does_not_tell_names_apart_by_case() -> None:
    verify_backup(manifest(), [replace(file, path=file.path.upper()) for file in FILES])


@pytest.mark.parametrize(
    ("files", "code", "named"),
    [
        ([], "backup_empty", "empty"),
        ([replace(file, size=0) for file in FILES], "backup_empty", "empty"),
        (FILES[:1], "backup_truncated", "ツール.pkg"),
        ([FILES[0], replace(FILES[1], size=19)], "backup_truncated", "ツール.pkg"),
        ([FILES[0], replace(FILES[1], size=19, sha256="c" * 64)], "backup_truncated", "ツール.pkg"),
        ([FILES[0], replace(FILES[1], sha256="c" * 64)], "backup_altered", "ツール.pkg"),
        ([FILES[0], replace(FILES[1], size=21, sha256="c" * 64)], "backup_altered", "ツール.pkg"),
        ([FILES[0], replace(FILES[1], size=21)], "backup_altered", "ツール.pkg"),
        ([*FILES, FileEntry("new.dat", 1, "d" * 64)], "backup_altered", "new.dat"),
        ([*FILES, FileEntry("new.dat", 0, "d" * 64)], "backup_altered", "new.dat"),
        ([FILES[0], replace(FILES[1], path="renamed.pkg")], "backup_truncated", "ツール.pkg"),
    ],
)
def test_every_way_to_differ_has_its_name(files: list[FileEntry], code: str, named: str) -> None:
    error = rejected(manifest(), files)
    assert error.code == code
    assert named in error.message


def test_many_files_are_counted_in_the_message_and_listed_in_the_evidence() -> None:
    files = [FileEntry(f"f{number}", 1, "e" * 64) for number in range(9)]
    error = rejected(manifest([*FILES, *files]), FILES)
    assert "and 4 more" in error.message
    assert error.evidence["missing"] == [file.path for file in files]


def test_the_evidence_tells_each_way_to_differ() -> None:
    made = manifest([FileEntry(name, 10, "a" * 64) for name in ("cut", "gone", "grown", "other", "same")])
    now = [FileEntry("cut", 9, "a" * 64), FileEntry("grown", 11, "a" * 64), FileEntry("other", 10, "b" * 64)]
    error = rejected(made, [*now, FileEntry("new", 10, "a" * 64), FileEntry("same", 10, "a" * 64)])
    assert error.message == "The backup is truncated: gone, cut."
    assert error.evidence == {"missing": ["gone"], "extra": ["new"], "shorter": ["cut"], "altered": ["grown", "other"]}


@st.composite
def single_changes(draw: st.DrawFn) -> tuple[list[FileEntry], list[FileEntry]]:
    files = draw(folders)
    index = draw(st.integers(min_value=0, max_value=len(files) - 1))
    entry = files[index]
    kind = draw(st.sampled_from(["remove", "add", "path", "size", "sha256"]))
    if kind == "remove":
        return files, files[:index] + files[index + 1 :]
    if kind == "add":
        new = draw(entries)
    else:
        new = replace(entry, **{kind: getattr(draw(entries), kind)})
        files_without = files[:index] + files[index + 1 :]
        assume(new != entry and new.path not in {file.path for file in files_without})
        return files, [*files_without, new]
    assume(new.path not in {file.path for file in files})
    return files, [*files, new]


@given(single_changes())
def test_any_single_change_of_the_files_is_rejected(change: tuple[list[FileEntry], list[FileEntry]]) -> None:
    before, after = change
    assert rejected(manifest(before), after).code in ("backup_empty", "backup_truncated", "backup_altered")


def test_a_backup_of_another_run_is_stale() -> None:
    error = rejected(manifest(), FILES, run_id="run2")
    assert error.code == "backup_stale"
    assert "run1" in error.message
    assert "run2" in error.message
    assert error.evidence == {"run_id": "run1", "created": "2026-03-01T12:00:00+00:00"}


def test_a_backup_of_another_version_is_not_restored() -> None:
    error = other_version("10-00", "10-10")
    assert error.code == "backup_other_version"
    assert error.evidence == {"backup": "10-00", "installed": "10-10"}
    assert error.message == "The backup was taken with version 10-00, but 10-10 is installed."
    assert error.remedy.startswith("Install the version that the backup was taken with")


def test_what_is_not_asked_is_not_judged() -> None:
    verify_backup(manifest(), FILES)


def test_an_altered_backup_of_another_run_is_called_altered() -> None:
    assert rejected(manifest(), FILES[:1], run_id="run2").code == "backup_truncated"


# Compared with the last one


@pytest.mark.parametrize(("size", "strange"), [(49, True), (50, False), (100, False), (200, False), (201, True)])
def test_a_backup_of_a_strange_size_is_named_with_both_figures(size: int, strange: bool) -> None:
    def of(size: int) -> Manifest:
        return manifest([FileEntry("records.dat", size * 1000, "a" * 64)])

    warnings = size_warnings(of(size), of(100), r"D:\backup\run0")
    assert bool(warnings) is strange
    for warning in warnings:
        assert f"{size},000 bytes" in warning
        assert "100,000" in warning
        assert r"D:\backup\run0" in warning
        assert "2026-03-01" in warning
