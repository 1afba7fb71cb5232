# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._evidence import Missing, Piece
from ansible_collections.jp1.itdm.plugins.plugin_utils._evidence_folder import EvidenceFolder
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import argument

TIME = "20260301T013000Z"


def folder(base: Path, *secrets: str) -> EvidenceFolder:
    return EvidenceFolder(str(base), "run1", "JP1DB01", TIME, secrets)


def index(evidence: EvidenceFolder) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((evidence.path / "index.json").read_text(encoding="utf-8"))
    return content


def test_the_index_describes_what_is_there(tmp_path: Path) -> None:
    evidence = folder(tmp_path / "new" / "evidence")
    evidence.add(Piece(r"C:\ログ.log", "files/C/ログ.log", "起動\n", size=6, truncated=True))
    evidence.close({"run_id": "run1", "collected": True}, [Missing(r"C:\none.log", "There is no such file.")])
    file = tmp_path / "new/evidence/run1/JP1DB01" / TIME / "files/C/ログ.log"
    assert file.read_bytes() == "起動\n".encode()
    assert index(evidence) == {
        "schema": 1,
        "run_id": "run1",
        "collected": True,
        "files": [
            {
                "path": "files/C/ログ.log",
                "source": r"C:\ログ.log",
                "bytes": 7,
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                "size": 6,
                "truncated": True,
            }
        ],
        "missing": [{"source": r"C:\none.log", "reason": "There is no such file."}],
    }


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        evidence = folder(tmp_path / "evidence")
        evidence.add(Piece("x", "files/C/a/x.log", "x"))
        evidence.close({}, [])
    finally:
        os.umask(old)
    for path in [tmp_path / "evidence", *(tmp_path / "evidence").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_nothing_is_ever_replaced(tmp_path: Path) -> None:
    first, second = folder(tmp_path), folder(tmp_path)
    assert (first.path.name, second.path.name) == (TIME, f"{TIME}-2")
    first.add(Piece("x", "x.txt", "one"))
    first.add(Piece("x", "x.txt", "two"))
    assert (first.path / "x.txt").read_text() == "one"
    assert [missing.source for missing in first.missing] == ["x"]


def test_a_piece_that_can_not_be_written_is_noted(tmp_path: Path) -> None:
    evidence = folder(tmp_path)
    evidence.add(Piece("long", f"files/{'長' * 200}.log", "x"))
    evidence.add(Piece("short", "files/short.log", "x"))
    evidence.close({}, [])
    assert [file["source"] for file in index(evidence)["files"]] == ["short"]
    assert index(evidence)["missing"][0]["source"] == "long"
    assert "on the controller" in index(evidence)["missing"][0]["reason"]


def test_a_folder_that_can_not_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        folder(tmp_path / "file")


@pytest.mark.parametrize("secret", ["correct horse", 'pa"ss&w%rd\\', "鍵%1", "50%"])
def test_secrets_are_masked_however_they_are_spelled(tmp_path: Path, secret: str) -> None:
    evidence = folder(tmp_path, secret, "")
    in_batch = argument(secret).replace("%", "%%")
    text = "\n".join([secret, json.dumps(secret), json.dumps(secret, ensure_ascii=False), argument(secret), in_batch, "the end"])
    evidence.add(Piece(f"run {secret}", "x.txt", text))
    evidence.close({"reason": f"wrong {secret}"}, [Missing(secret, "gone")])
    written = (evidence.path / "x.txt").read_text(encoding="utf-8")
    assert written.splitlines()[-1] == "the end"
    for line in written.splitlines()[:-1]:
        assert "********" in line
        assert not {"correct", "ss", "鍵", "50"} & set(line.replace("*", "").split())
    text = (evidence.path / "index.json").read_text(encoding="utf-8")
    assert secret not in text
    assert "********" in text
