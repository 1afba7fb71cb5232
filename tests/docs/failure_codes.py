# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of all failure codes, made of the modules' notes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs/docsite/rst/failure_codes.rst"

_TEXT = """
A run that fails says so in its last line as ``[PHASE, CODE]``. Look the code up here. Its class, in parentheses, says what the run does
about it: see :ref:`ansible_collections.jp1.itdm.docsite.guide_resume.decisions`.

What is in the way before an upgrade are not failures but findings of preflight, and each says what to do. Their ids are listed at
:ansretval:`jp1.itdm.preflight#module:findings[].check`.

.. list-table::
  :header-rows: 1
  :widths: 24 38 38

  * - Code
    - What happened
    - What to do
  * - ``PHASE_failed`` (``unknown_outcome``)
    - Something failed that is no module of this collection, for example a check of the role in the phase ``commit``: ``commit_failed``.
    - Do what the message says.
"""

_NOTE = re.compile(r"(?P<codes>C\(\w+\).*?) \((?P<kind>\w+(?: or \w+)?)\) - (?P<text>.*)", re.DOTALL)


@dataclass(frozen=True)
class Told:
    """What one note tells of a failure code.

    :ivar code: the stable code.
    :ivar kind: its class; two with C(or) between them where both occur.
    :ivar cause: what happened, one sentence.
    :ivar remedy: what to do.
    """

    code: str
    kind: str
    cause: str
    remedy: str


def head(name: str, title: str) -> str:
    """What a made page begins with."""
    line = "*" * len(title)
    return f"""..
  Copyright (c) 2026 The jp1.itdm authors
  GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later
  Made by 'make docs-pages'; do not edit.

.. _ansible_collections.jp1.itdm.docsite.{name}:

{line}
{title}
{line}
"""


def _documents(checkout: Path) -> Iterator[str]:
    """The YAML documents of all modules and of their shared fragment."""
    fragment = ast.parse((checkout / "plugins/doc_fragments/_failures.py").read_text(encoding="utf-8"))
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((checkout / "plugins/modules").glob("*.py"))]
    for tree in (fragment, *modules):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                name = node.targets[0]
                if isinstance(name, ast.Name) and name.id.isupper() and name.id not in ("EXAMPLES", "RETURN"):
                    yield node.value.value


def told(checkout: Path = CHECKOUT) -> list[Told]:
    """Everything that the modules tell of failure codes, by code; once where several tell the same."""
    found = set()
    for document in _documents(checkout):
        for note in yaml.safe_load(document).get("notes", ()):
            if match := _NOTE.match(note):
                cause, _, remedy = match["text"].partition(". ")
                found |= {Told(code, match["kind"], f"{cause}.", remedy) for code in re.findall(r"C\((\w+)\)", match["codes"])}
    return sorted(found, key=lambda one: (one.code, one.cause))


def rst(text: str) -> str:
    """Ansible's markup as that of Sphinx, where options are the failed module's own."""
    text = re.sub(r"M\(([\w.]+)\)", r":ansplugin:`\1#module`", text)
    # in Ansible's markup a backslash escapes the next character
    return re.sub(r"\b(?:C|V|O|RV)\(([^)]*)\)", lambda match: "``" + match[1].replace("\\\\", "\\") + "``", text)


def page(codes: list[Told]) -> str:
    """The page."""
    rows = [
        f"  * - ``{one.code}`` (``{one.kind.replace(' or ', '`` or ``')}``)\n    - {rst(_sentence(one.cause))}\n    - {rst(one.remedy)}\n"
        for one in codes
    ]
    return head("failure_codes", "Failure codes") + _TEXT + "".join(rows)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
