# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that hold for the project as a whole: who may import whom, what no file may hold.

Each test lists the files that break its rule.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
OWN = "ansible_collections.jp1.itdm.plugins."
# folders of tools and of runs, which are not the project's
NOT_OURS = {".git", "__pycache__", "collections", "dist", "output", "site"}


def files(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.name.startswith((".venv", ".mypy", ".ruff", ".pytest", ".hypo", ".lab", ".ansible")):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from files(path)
        elif path.is_file():
            yield path


def python(folder: str) -> list[Path]:
    return [path for path in files(ROOT / folder) if path.suffix == ".py"]


@cache
def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return found


def names(path: Path) -> set[str]:
    """Return all names and attributes that a file's code uses."""
    nodes = ast.walk(tree_of(path))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)} | {
        node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)
    }


# Who may import whom

MAY_IMPORT: dict[str, set[str]] = {
    "module_utils": {"module_utils"},
    "plugin_utils": {"module_utils", "plugin_utils"},
    "action": {"module_utils", "plugin_utils"},
    "filter": {"module_utils"},
    "lookup": {"module_utils"},
    "modules": {"module_utils"},
    "doc_fragments": set(),
}


def test_every_kind_of_plugin_has_its_rule() -> None:
    assert {path.name for path in PLUGINS.iterdir() if path.name != "__pycache__"} == set(MAY_IMPORT)


@pytest.mark.parametrize("kind", MAY_IMPORT)
def test_imports_point_in_one_direction(kind: str) -> None:
    for path in python(f"plugins/{kind}"):
        own = {name.removeprefix(OWN).split(".")[0] for name in imports(path) if name.startswith(OWN)}
        assert own <= MAY_IMPORT[kind], path
        assert not [name for name in imports(path) if name.startswith(".")], path


def test_rules_know_neither_the_controller_nor_any_input_or_output() -> None:
    forbidden = {"ansible", "winrm", "requests", "socket", "subprocess", "os", "pathlib", "time", "yaml", "io"}
    for path in python("plugins/module_utils"):
        assert not {name.split(".")[0] for name in imports(path)} & forbidden, path
        assert not names(path) & {"open", "print", "input"}, path


def test_the_lab_is_the_other_side_of_the_wire() -> None:
    for path in python("tests/lab"):
        assert not [name for name in imports(path) if name.startswith(("ansible_collections", "plugins"))], path


def test_the_product_knows_nothing_of_the_lab() -> None:
    mentions = re.compile(r"(?i)\b(tests?[./]lab|the lab|itdmlab|lab profile|lab[ -]hosts?)\b")
    product = [*files(PLUGINS), *files(ROOT / "roles"), *files(ROOT / "playbooks")]
    assert [path for path in product if mentions.search(text_of(path))] == []


INNER_PARTS = {
    "_winrm.py": {"protocol", "shell_id", "_winrm_exec"},
    "_psrp.py": {"_build_kwargs", "_psrp_conn_kwargs", "runspace"},
    "_ssh.py": {"exec_command", "set_option"},
    "nothing": {"put_file", "fetch_file"},
}


@pytest.mark.parametrize("file", INNER_PARTS)
def test_one_file_touches_a_connection(file: str) -> None:
    users = {path.name for path in python("plugins") if names(path) & INNER_PARTS[file]}
    assert users <= {file}
    assert users or file == "nothing"


def test_no_powershell_is_started() -> None:
    for path in python("plugins/plugin_utils"):
        strings = [node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant)]
        documents = {
            ast.get_docstring(node, clean=False)
            for node in ast.walk(tree_of(path))
            if hasattr(node, "body") and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        }
        commands = [text for text in strings if isinstance(text, str) and text not in documents]
        assert not [text for text in commands if re.search(r"(?i)\b(powershell|pwsh)\b", text)], path


def test_annotations_are_never_evaluated() -> None:
    assert [path for path in python("plugins") if "__future__.annotations" not in imports(path)] == []


# What the modules have beside them


def test_every_action_is_a_documented_module() -> None:
    actions = {path.stem for path in (PLUGINS / "action").glob("*.py")}
    assert actions == {path.stem for path in (PLUGINS / "modules").glob("*.py")}
    for name in actions:
        text = text_of(PLUGINS / "modules" / f"{name}.py")
        assert re.search(rf"^module: {name}$", text, re.MULTILINE), name
        for part in ("DOCUMENTATION", "EXAMPLES", "RETURN"):
            assert re.search(rf"^{part} = ", text, re.MULTILINE), (name, part)


def test_everything_private_says_so() -> None:
    for path in [*python("plugins/module_utils"), *python("plugins/plugin_utils")]:
        assert path.name.startswith("_"), path
        assert "private to the collection" in text_of(path), path


# What no file may hold


def test_no_file_names_a_place_of_one_machine() -> None:
    # put together, so that this file does not hold them itself
    places = ("work/", "opt/pypi", "tmp/bash_jobs", r"home/(?!admin\b)")
    pattern = re.compile("|".join(rf"(?<![\w.~])/{place}" for place in places))
    assert [path for path in files() if pattern.search(text_of(path))] == []


def test_nothing_is_left_to_do() -> None:
    assert [path for path in files() if re.search(r"\b(TO" + r"DO|FIX" + r"ME|X{3})\b", text_of(path))] == []
