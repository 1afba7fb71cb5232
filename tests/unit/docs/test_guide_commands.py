# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of a guide is run by a test: here what needs no lab; the rest in C(tests/integration/guides)."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from ansible_collections.jp1.itdm.plugins.module_utils._profile import build_profile

from tests.docs.guides import GUIDES, KINDS, Block, Command, blocks, commands, files, table, unlike
from tests.docs.terminal import CHECKOUT, Terminal

ALL = [command for guide in GUIDES for command in commands(guide)]
# What only a person can run, on the controller and on a server. A new one has to be named here.
BY_HAND = {"apt-get", "ansible-vault", "kinit", "klist", "openssl", "pip"}
BY_HAND_ON_WINDOWS = {"dir", "netsh", "reg", "ren", "sc", "tasklist", "winrm"}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_every_command_says_where_it_can_be_run() -> None:
    assert len(GUIDES) >= 6
    assert {command.kind for command in ALL} == set(KINDS), [command.place for command in ALL if command.kind not in KINDS]
    assert not [command.place for command in ALL if command.windows and command.kind != "real-system"]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_commands_that_need_nothing(guide: Path, terminal: Terminal) -> None:
    """In the order of the guide; an inventory is that of the example, as after 'First real system'."""
    terminal.write({"inventory.yml": (CHECKOUT / "docs/examples/inventory.yml").read_text(encoding="utf-8"), **files(guide)})
    problems = [problem for command in commands(guide) if command.kind == "anywhere" for problem in terminal.problems(command)]
    assert problems == []


def test_commands_that_need_real_servers_are_understood(terminal: Terminal) -> None:
    """By their programs, and those of Ansible by its own check of playbook and options."""
    terminal.write({"inventory.yml": (CHECKOUT / "docs/examples/inventory.yml").read_text(encoding="utf-8"), "our_profile.yml": ""})
    for command in (command for command in ALL if command.kind == "real-system"):
        words = shlex.split(command.line, posix=not command.windows)
        if words[0] == "ansible-playbook":
            exit_code, output = terminal.type(f"{command.line} --syntax-check")
            assert exit_code == 0, f"{command.place}: {output}"
        else:
            assert words[0] in (BY_HAND_ON_WINDOWS if command.windows else BY_HAND), command.place


@pytest.mark.parametrize("name", ["README.md", "README.ja.md", "CONTRIBUTING.md"])
def test_commands_of_a_readme_are_understood(name: str, terminal: Terminal) -> None:
    """Those that change nothing are run, those of make and Ansible are tried by their own checks; pip and git are left to a person."""
    shown = re.findall(r"```console\n(.*?)```", (CHECKOUT / name).read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in shown for line in block.splitlines() if line.strip().startswith("$ ")]
    terminal.write({"inventory.yml": (CHECKOUT / "docs/examples/inventory.yml").read_text(encoding="utf-8")})
    assert lines
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[:3] == ["molecule", "test", "-s"]:
            assert (CHECKOUT / "extensions/molecule" / words[3] / "molecule.yml").is_file(), line
        elif words[0] not in ("pip", "git", "cd"):
            program = line.split(" #")[0].rstrip()
            check = {"ansible-playbook": "--syntax-check", "pytest": "--collect-only"}
            exit_code, output = terminal.type(" ".join([program, *(option for name, option in check.items() if name in words)]))
            assert exit_code == 0, f"{line}: {output}"


def test_every_playbook_is_met_in_the_lab() -> None:
    typed = {name for command in ALL if command.kind == "lab" for name in re.findall(r"playbooks/(\w+\.yml)", command.line)}
    assert typed == {path.name for path in (CHECKOUT / "playbooks").glob("*.yml")} - {"guard.yml"}


def test_shown_overrides_make_a_profile() -> None:
    shipped = yaml.safe_load((CHECKOUT / "plugins/plugin_utils/profiles/jp1_itdm_v10.yml").read_text(encoding="utf-8"))
    shown = [yaml.safe_load(text) for guide in GUIDES for text in files(guide).values()]
    overrides = [document["upgrade_profile_overrides"] for document in shown if "upgrade_profile_overrides" in document]
    assert len(overrides) == 2
    for fields in overrides:
        assert build_profile("jp1_itdm_v10", shipped, fields).values.items() >= fields.items()


def guide(folder: Path, text: str) -> Path:
    file = folder / "guide_x.rst"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_guide_is_read(tmp_path: Path) -> None:
    text = """Title
=====

.. code-block:: console
  :class: lab

  $ first --option \\
      value
  shown by first

  $ second
  C:\\> third

1. A list

   .. code-block:: console

     $ fourth

.. code-block:: yaml
  :caption: a.yml

  key:
    - value

.. csv-table::
  :header: head, other

  ``a``, "b, c"
"""
    read = guide(tmp_path, text)
    assert commands(read) == [
        Command("lab", "first --option value", False, ("shown by first",), "guide_x.rst:4"),
        Command("lab", "second", False, (), "guide_x.rst:4"),
        Command("lab", "third", True, (), "guide_x.rst:4"),
        Command("", "fourth", False, (), "guide_x.rst:16"),
    ]
    assert files(read) == {"a.yml": "key:\n  - value\n"}
    assert table(read, "head") == [["head", "other"], ["a", "b, c"]]
    assert blocks(read)[2] == Block("code-block yaml", {"caption": "a.yml"}, ("key:", "  - value"), 20)


def test_output_before_a_command_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"guide_x\.rst:1"):
        commands(guide(tmp_path, ".. code-block:: console\n\n  output\n"))


def test_shown_output_is_compared() -> None:
    output = '"msg": "BLOCKED: JP1MGR01: 12 records in D:\\\\JP1,\n   once"'
    assert unlike(output, ("BLOCKED: JP1MGR07: 99 [...] in D:\\JP1, once",)) == []
    assert unlike(output, ("BLOCKED: JP1MGR01: 12 entries",)) == ["BLOCKED: JP1MGR01: 12 entries"]


@pytest.mark.parametrize(
    ("line", "shown", "right"),
    [
        ("true", (), True),
        ("false", (), False),
        ("echo 'BLOCKED: x'; false", ("BLOCKED: x",), True),
        ("echo 'BLOCKED: x'", ("BLOCKED: x",), False),
        ("echo 'ROLLED_BACK: x'", ("ROLLED_BACK: x",), False),
        ("echo 'ROLLED_BACK: x' # rollback.yml", ("ROLLED_BACK: x",), True),
        ("echo 'BLOCKED: y'; false", ("BLOCKED: x",), False),
        ("timeout --signal KILL 0.1 sleep 9", (), True),
        ("timeout --signal KILL 9 true", (), False),
        ("make lab-up", (), True),
        ("make no-such-target", (), False),
    ],
)
def test_a_typed_command_is_judged(terminal: Terminal, line: str, shown: tuple[str, ...], right: bool) -> None:
    assert (terminal.problems(Command("lab", line, False, shown, "here")) == []) == right
