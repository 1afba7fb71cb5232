# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutations fit the code that they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.cases import applicable
from tests.faults.copies import copy_of
from tests.faults.mutations import MUTATIONS, Edit, Mutation, apply

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_edit_changes_one_place(mutation: Mutation) -> None:
    for edit in mutation.edits:
        assert (ROOT / edit.file).read_text(encoding="utf-8").count(edit.old) == 1, edit
        assert edit.old != edit.new
    assert set(mutation.cases) <= {case.id for case in applicable()}


def test_the_copy_is_changed_and_the_checkout_is_not(tmp_path: Path) -> None:
    copy_of(ROOT, tmp_path)
    assert (tmp_path / "playbooks/collections/ansible_collections/jp1/itdm").is_symlink()
    before = (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    apply(Mutation("name", (Edit("galaxy.yml", "namespace: jp1", "namespace: other"),), ()), tmp_path)
    assert "namespace: other" in (tmp_path / "galaxy.yml").read_text(encoding="utf-8")
    assert (ROOT / "galaxy.yml").read_text(encoding="utf-8") == before
    with pytest.raises(ValueError, match="0 times"):
        apply(Mutation("name", (Edit("galaxy.yml", "nothing like it", ""),), ()), tmp_path)
