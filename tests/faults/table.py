# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as a page of the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

_HEAD = """<!-- Copyright (c) 2026 The jp1.itdm authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Made by 'python -m tests.faults table'; do not edit. -->
# The fault matrix

Every step of the upgrade and of the rollback meets every fault, on the lab's systems (`tests/faults`). After each fault the tests
do what the run's last line says, at most three times, and then the lab looks at the servers itself: files, registry, services and
records. A case has passed when the new version runs and is healthy, or the old one runs and everything equals the state before; when
no record is lost that the backup held, and the reported number of lost records is the lab's count; when nothing was started twice, the
journal says what is true, and nothing is left behind.

A case begins right before its step. Cases of one fault that a run survives, or behind which the next run goes on where it was, are met
one after the other at the steps of one upgrade or rollback; where that does not pass, each of them is run alone.
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
    lines = [_HEAD, "| | |", "|---|---|"]
    lines += [
        f"| cases run | {len(run)} |",
        f"| passed | {len(passed)} |",
        f"| failed | {len(run) - len(passed)} |",
        f"| not run yet | {not_run} |",
        f"| not applicable | {len(entries) - len(run)} |",
        f"| seconds from fault to decision | median {median(decisions):.1f}, maximum {decisions[-1]:.1f} |" if decisions else "",
        f"| over the time limit by more than 30 s | {sum(over_limit(entry) for entry in run)} |",
        *(f"| {name} | {value} |" for name, value in facts.items()),
    ]
    lines += ["", "## Cases by step and fault", "", "Passed / run; n/a: not applicable, for the reasons below.", ""]
    lines += _grid(entries)
    lines += ["", "## How the cases ended", "", "| end | cases |", "|---|---|"]
    ends = Counter((entry["end_state"] or "-", entry["end"] or "-") for entry in run)
    lines += [f"| {state}: {end} | {count} |" for (state, end), count in ends.most_common()]
    if failed := [entry for entry in run if not entry["passed"]]:
        lines += ["", "## Failed", "", "| case | why |", "|---|---|"]
        lines += [f"| `{entry['id']}` | {_cell(entry['problems'][0])} |" for entry in failed]
    if mutations:
        lines += [
            "",
            "## Guards that were removed once",
            "",
            "With each of them gone, a case has to fail.",
            "",
            "| guard | case that failed |",
        ]
        lines += ["|---|---|", *(f"| {guard} | {f'`{case}`' if case else '**none**'} |" for guard, case in mutations.items())]
    lines += ["", "## Not applicable", "", "| case | reason |", "|---|---|"]
    lines += [f"| `{entry['id']}` | {_cell(entry['not_applicable'])} |" for entry in entries if "not_applicable" in entry]
    return "\n".join(line for line in lines if line is not None) + "\n"


def over_limit(entry: Mapping[str, Any]) -> bool:
    """Whether the decision took longer than the case's time limit and 30 seconds more."""
    return float(entry["decision_seconds"]) > float(entry["limit_seconds"]) + 30


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:200]


def _grid(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    steps = list(dict.fromkeys((entry["phase"], entry["step"]) for entry in entries))
    faults = list(dict.fromkeys(entry["fault"] for entry in entries))
    lines = ["| fault | " + " | ".join(f"{phase}: {step}" for phase, step in steps) + " |", "|---" * (len(steps) + 1) + "|"]
    for fault in faults:
        cells = []
        for phase, step in steps:
            here = [entry for entry in entries if (entry["phase"], entry["step"], entry["fault"]) == (phase, step, fault)]
            run = [entry for entry in here if "not_applicable" not in entry]
            cells.append(f"{sum(entry['passed'] for entry in run)}/{len(run)}" if run else "n/a" if here else "")
        lines.append(f"| {fault} | " + " | ".join(cells) + " |")
    return lines
