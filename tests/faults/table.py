# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as a page of the documentation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

_HEAD = """..
  Copyright (c) 2026 The jp1.itdm authors
  GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later
  Made by 'python -m tests.faults table'; do not edit.

.. _ansible_collections.jp1.itdm.docsite.fault_table:

***************
The fault table
***************

``make faults`` makes this page, in about 100 minutes on two cores. Every step of the upgrade and of the rollback meets every fault, on the
lab's systems (``tests/faults``). After each fault the tests do what the run's last line says, at most three times, and then the lab looks
at the servers itself: files, registry, services and records. A case has passed when the new version runs and is healthy, or the old one
runs and everything equals the state before; when no record is lost that the backup held, and the reported number of lost records is the
lab's count; when nothing was started twice, the journal says what is true, and nothing is left behind.

A case begins right before its step. Cases of one fault that a run survives, or behind which the next run goes on where it was, are met
one after the other at the steps of one upgrade or rollback; where that does not pass, each of them is run alone.
Where variants of a fault leave the servers in the same states, an upgrade is rolled back after one of them, and goes on after the others,
because a person is asked (``upgrade_failure_policy``).
"""


def page(
    entries: Sequence[Mapping[str, Any]], facts: Mapping[str, str], not_run: int = 0, mutations: Mapping[str, str] | None = None
) -> str:
    """The page.

    :param entries: the cases of the matrix with their results.
    :param facts: when and with what they were run.
    :param not_run: how many applicable cases have no result.
    :param mutations: the guards that were removed once, with the case that failed then; an empty text where none did.
    """
    run = [entry for entry in entries if "not_applicable" not in entry]
    passed = [entry for entry in run if entry["passed"]]
    decisions = sorted(float(entry["decision_seconds"]) for entry in run)
    counts = [
        ("cases run", len(run)),
        ("passed", len(passed)),
        ("failed", len(run) - len(passed)),
        ("not run yet", not_run),
        ("not applicable", len(entries) - len(run)),
        *([("seconds from fault to decision", f"median {median(decisions):.1f}, maximum {decisions[-1]:.1f}")] if decisions else ()),
        ("over the time limit by more than 30 s", sum(over_limit(entry) for entry in run)),
        *facts.items(),
    ]
    ends = Counter((entry["end_state"] or "-", entry["end"] or "-") for entry in run)
    failed = [(_code(entry["id"]), entry["problems"][0]) for entry in run if not entry["passed"]]
    guards = [(guard, _code(case) if case else "**none**") for guard, case in (mutations or {}).items()]
    not_applicable = [(_code(entry["id"]), entry["not_applicable"]) for entry in entries if "not_applicable" in entry]
    return "".join(
        [
            _HEAD,
            _table(("", ""), counts),
            *_section("Cases by step and fault", "Passed / run; n/a: not applicable, for the reasons below.", *_grid(entries)),
            *_section(
                "How the cases ended", "", ("end", "cases"), [(f"{state}: {end}", count) for (state, end), count in ends.most_common()]
            ),
            *_section("Failed", "", ("case", "why"), failed),
            *_section(
                "Guards that were removed once", "With each of them gone, a case has to fail.", ("guard", "case that failed"), guards
            ),
            *_section("Not applicable", "", ("case", "reason"), not_applicable),
        ]
    )


def over_limit(entry: Mapping[str, Any]) -> bool:
    """Whether the decision took longer than the case's time limit and 30 seconds more."""
    return float(entry["decision_seconds"]) > float(entry["limit_seconds"]) + 30


def _section(title: str, words: str, head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[str]:
    """A section with a table; nothing where the table has no rows."""
    if not rows:
        return []
    return [f"\n{title}\n{'=' * len(title)}\n", f"\n{words}\n" if words else "", _table(head, rows)]


def _table(head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    lines = ["", ".. csv-table::", *([f"  :header: {_cells(head)}"] if any(head) else []), "", *(f"  {_cells(row)}" for row in rows)]
    return "\n".join(lines) + "\n"


def _cells(row: Sequence[Any]) -> str:
    return ", ".join('"' + _plain(cell) + '"' for cell in row)


def _plain(cell: Any) -> str:
    """A cell on one line, that can neither end its quotes nor mean anything to Sphinx but what stands between its marks."""
    text = str(cell).replace("\n", " ")
    text = text if text.startswith(("``", "**")) else re.sub(r"([\\*`|]|_(?!\w))", r"\\\1", text[:200])
    return text.replace('"', '""')


def _code(text: str) -> str:
    return f"``{text}``"


def _grid(entries: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of the table of faults and steps."""
    steps = list(dict.fromkeys((entry["phase"], entry["step"]) for entry in entries))
    rows = []
    for fault in dict.fromkeys(entry["fault"] for entry in entries):
        cells = [fault]
        for step in steps:
            here = [entry for entry in entries if ((entry["phase"], entry["step"]), entry["fault"]) == (step, fault)]
            run = [entry for entry in here if "not_applicable" not in entry]
            cells.append(f"{sum(entry['passed'] for entry in run)}/{len(run)}" if run else "n/a" if here else "")
        rows.append(cells)
    return ["fault", *(f"{phase}: {step}" for phase, step in steps)], rows
