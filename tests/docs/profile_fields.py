# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of all fields of a profile, made of their definitions."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _profile

from .failure_codes import CHECKOUT, head, rst

PAGE = CHECKOUT / "docs/docsite/rst/profile_fields.rst"

_TEXT = """
:ref:`ansible_collections.jp1.itdm.docsite.guide_profile` says how the fields are used.
A *template* may name, in braces: {variables}.
A *pattern* is a regular expression. A *method* is {methods}.

.. list-table::
  :header-rows: 1
  :widths: 32 12 36 20

  * - Field
    - Type
    - Meaning
    - Default
"""


def page() -> str:
    """The page."""
    text = _TEXT.format(variables=_literals(_profile.VARIABLES), methods=_literals(_profile.METHODS, " or "))
    rows = [
        f"  * - ``{name}``\n    - {field.type}\n    - {rst(field.description)}\n    - {_value(field.default)}\n"
        for name, field in _profile.FIELDS.items()
    ]
    return head("profile_fields", "Fields of a profile") + text + "".join(rows)


def _value(default: Any) -> str:
    """A default; what would look like a link of Markdown is parted, for the checker of the pages."""
    return f"``{json.dumps(default)}``".replace("](", "]``\\ ``(")


def _literals(names: tuple[str, ...], last: str = ", ") -> str:
    literals = [f"``{name}``" for name in names]
    return last.join([", ".join(literals[:-1]), literals[-1]])
