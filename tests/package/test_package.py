# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users install holds all that they need and nothing else, and passes the checks of Galaxy ('make package')."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tools.collection import CHECKOUT, ansible, only

IMPORTER = CHECKOUT / ".venv-importer/bin"
FOLDERS = {"changelogs", "docs", "meta", "playbooks", "plugins", "roles"}
FILES = {"CHANGELOG.rst", "CONTRIBUTING.md", "COPYING", "FILES.json", "MANIFEST.json", "README.ja.md", "README.md", "requirements.txt"}


def documents(installed: Path, kind: str, *names: str) -> dict[str, Any]:
    """What ansible-doc says about content of the installed collection, by full name."""
    output = ansible("ansible-doc", "--type", kind, "--json", *names, folder=installed, environment=only(installed))
    result: dict[str, Any] = json.loads(output)
    return result


def test_the_tarball_holds_what_users_need_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        members = {member.name: member for member in archive.getmembers()}
    assert [name for name, member in members.items() if not (member.isreg() or member.isdir())] == []
    files = {name for name, member in members.items() if member.isreg()}
    assert {name for name in files if "/" not in name} == FILES
    assert {name.split("/")[0] for name in members if "/" in name or name not in files} == FOLDERS
    assert {name for name in files if name.startswith("changelogs/")} == {"changelogs/changelog.yaml"}
    # all that git knows of these folders, and nothing that was left there by a run
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *(FOLDERS - {"changelogs"})],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    expected = {name for name in known if not name.startswith("playbooks/collections/") and (CHECKOUT / name).exists()}
    assert {name for name in files if "/" in name and not name.startswith("changelogs/")} == expected


def test_galaxy_would_import_it_without_a_warning(tarball: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(IMPORTER / "python"), "-m", "galaxy_importer.main", str(tarball)],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{IMPORTER}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.findall(r"^.*(?:WARNING|ERROR).*$", done.stdout, re.MULTILINE) == []
    # it did look
    assert "Importer processing completed successfully" in done.stdout
    assert "Linting collection via ansible-lint" in done.stdout


def test_the_installed_files_are_those_of_the_tarball(installed: Path) -> None:
    arguments = ("collection", "verify", "--offline", "jp1.itdm", "-p", str(installed))
    assert "Successfully verified" in ansible("ansible-galaxy", *arguments, folder=installed, environment=only(installed))


@pytest.mark.parametrize(("kind", "pattern"), [("module", "modules/*.py"), ("filter", "filter/*.yml"), ("lookup", "lookup/*.py")])
def test_every_plugin_is_documented_where_it_is_installed(installed: Path, kind: str, pattern: str) -> None:
    names = {f"jp1.itdm.{path.stem}" for path in (CHECKOUT / "plugins").glob(pattern)}
    shown = documents(installed, kind, *sorted(names))
    assert set(shown) == names
    assert [name for name, document in shown.items() if not document["doc"]["short_description"] or not document["examples"]] == []
    assert all(str(installed) in document["doc"]["filename"] for document in shown.values())


def test_the_role_is_documented_where_it_is_installed(installed: Path) -> None:
    shown = documents(installed, "role", "jp1.itdm.upgrade")["jp1.itdm.upgrade"]
    specifications = yaml.safe_load((CHECKOUT / "roles/upgrade/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    assert {name: set(entry["options"]) for name, entry in shown["entry_points"].items()} == {
        name: set(entry["options"]) for name, entry in specifications.items()
    }
    assert str(installed) in shown["path"]
