# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role over modules that only note how they were called and answer as a test says: for the order of calls, and what is handed on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
# What is taken as it is.
_REAL = ("meta", "playbooks", "roles", "plugins/doc_fragments", "plugins/filter", "plugins/lookup", "plugins/module_utils")

# Stands in for each action plugin of the collection.
_PLAYED = """
import json
from pathlib import Path
from ansible.plugins.action import ActionBase

FOLDER = Path({folder!r})


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        module, options = self._task.action.rpartition(".")[2], self._task.args
        before = [json.loads(line) for line in (FOLDER / "calls.jsonl").read_text(encoding="utf-8").splitlines()]

        def fits(answer, module, options):
            return answer["module"] == module and all(options.get(key) == value for key, value in answer.get("options", {{}}).items())

        with open(FOLDER / "calls.jsonl", "a", encoding="utf-8") as calls:
            calls.write(json.dumps({{"module": module, "on": self._task.delegate_to or "", "options": options}}, default=str) + "\\n")
        for answer in json.loads((FOLDER / "answers.json").read_text(encoding="utf-8")):
            earlier = sum(fits(answer, call["module"], call["options"]) for call in before)
            if fits(answer, module, options) and earlier < answer.get("times", 1000):
                return {{"changed": False, **answer["result"]}}
        return {{"changed": False}}
"""


@dataclass(frozen=True)
class Call:
    """How a module was called.

    :ivar module: its name without the collection's.
    :ivar on: the host that the task was delegated to; empty for the management server.
    """

    module: str
    on: str
    options: dict[str, Any]

    @property
    def short(self) -> str:
        """The module, and the state that it was to bring about."""
        return " ".join(filter(None, (self.module, self.options.get("state", ""))))


class PlayedModules:
    """A copy of the collection in which the modules are played.

    :param folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._collection = folder / "ansible_collections/jp1/itdm"
        (self._collection / "plugins/action").mkdir(parents=True)
        for name in _REAL:
            (self._collection / name).symlink_to(CHECKOUT / name)
        (self._collection / "galaxy.yml").symlink_to(CHECKOUT / "galaxy.yml")
        (self._collection / "plugins/modules").mkdir()
        for file in (CHECKOUT / "plugins/action").glob("*.py"):
            (self._collection / "plugins/action" / file.name).write_text(_PLAYED.format(folder=str(folder)), encoding="utf-8")
            (self._collection / "plugins/modules" / file.name).symlink_to(CHECKOUT / "plugins/modules" / file.name)
        (folder / "inventory.yml").write_text(json.dumps(_INVENTORY), encoding="utf-8")

    def run(self, playbook: str | Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]], **options: Any) -> list[Call]:
        """Run a playbook, and return the calls in their order.

        :param playbook: the name of one of the collection's, or plays.
        :param answers: C(module), C(options) that have to fit, C(result), and how many C(times) it is given; the first that fits is taken,
            none answers nothing.
        :param options: role options, by their names without C(upgrade_).
        """
        (self._folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
        calls = self._folder / "calls.jsonl"
        calls.write_text("", encoding="utf-8")
        if isinstance(playbook, str):
            file = self._collection / "playbooks" / f"{playbook}.yml"
        else:
            file = self._folder / "plays.yml"
            file.write_text(json.dumps(playbook), encoding="utf-8")
        variables = json.dumps({f"upgrade_{name}": value for name, value in options.items()})
        self.output = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory.yml", str(file), "-e", variables],
            cwd=self._folder,
            env={"ANSIBLE_COLLECTIONS_PATH": str(self._folder), "PATH": "/usr/bin:/bin", "HOME": str(self._folder), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        ).stdout
        return [Call(**json.loads(line)) for line in calls.read_text(encoding="utf-8").splitlines()]


_INVENTORY = {
    "all": {
        "vars": {"upgrade_backup_folder": "D:\\backup", "upgrade_target_version": "10-10", "upgrade_media_folder": "D:\\media\\10-10"},
        "children": {
            "jp1_itdm_management_servers": {"hosts": {"MGR": {"upgrade_database_server": "DB"}}},
            "jp1_itdm_database_servers": {"hosts": {"DB": {}}},
        },
    }
}
