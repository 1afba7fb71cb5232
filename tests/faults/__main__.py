# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the fault matrix: C(python -m tests.faults)."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

CHECKOUT = Path(__file__).resolve().parents[2]
if __name__ == "__main__" and __package__ in (None, ""):  # run by its path
    sys.path.insert(0, str(CHECKOUT))

from tests.faults.cases import all_cases, applicable, selected, subset  # noqa: E402
from tests.faults.controller import end_all  # noqa: E402
from tests.faults.copies import copy_of  # noqa: E402
from tests.faults.mutations import check_mutations, known  # noqa: E402
from tests.faults.results import Results  # noqa: E402
from tests.faults.schedule import minutes, run_all  # noqa: E402
from tests.faults.table import over_limit, page  # noqa: E402
from tests.lab.control.lab import Lab  # noqa: E402
from tests.lab.control.state import write_atomically  # noqa: E402


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the cases that have no result yet; needs a lab that is up")
    run.add_argument("--only", default="", metavar="PATTERN", help="cases whose names hold this, or fit this glob; several with commas")
    run.add_argument("--part", default="", metavar="N/M", help="the N-th of M parts")
    run.add_argument("--subset", action="store_true", help="the few cases that run with all other tests")
    run.add_argument("--again", action="store_true", help="also those that have a result")
    run.add_argument("--failed", action="store_true", help="only those that have failed")
    run.add_argument("--systems", type=int, default=0, help="how many systems of the lab to use (default: all)")
    listing = commands.add_parser("list", help="the cases, with their results")
    listing.add_argument("--only", default="", metavar="PATTERN")
    commands.add_parser("table", help="make the documentation's fault table of the results")
    mutate = commands.add_parser("mutations", help="remove each guard once, and demand that a case fails")
    mutate.add_argument("--only", default="", metavar="WORDS", help="mutations whose names hold one of these, with commas between them")
    mutate.add_argument("--systems", type=int, default=0)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code says whether all is well."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    return {"run": _run, "list": _list, "table": _table, "mutations": _mutations}[options.command](options)


def _end(*_: object) -> None:
    end_all()
    os._exit(128 + signal.SIGTERM)


def _say(text: str) -> None:
    print(text, flush=True)


def _revision() -> str:
    """The commit that is checked out, and whether files differ from it."""
    words = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout.strip()


def _run(options: argparse.Namespace) -> int:
    lab = Lab(CHECKOUT)
    results = Results(lab.folder, _revision())
    cases = subset() if options.subset else selected(options.only, options.part)
    everything = options.again or options.subset
    wanted = results.failed(cases) if options.failed else cases if everything else results.missing(cases)
    systems = options.systems or len(lab.hosts()) // 2
    _say(f"{len(cases)} cases selected, {len(wanted)} to run, on {systems} systems")
    begin = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as code:
        copy_of(CHECKOUT, Path(code))
        done = run_all(wanted, lab, systems, Path(code), results, _say)
    failed = [result for result in done if not result.passed]
    seconds = (datetime.now(UTC) - begin).total_seconds()
    _say(f"faults: {len(done) - len(failed)} passed, {len(failed)} failed in {minutes(seconds)}")
    if done:
        decisions = sorted(result.decision_seconds for result in done)
        _say(f"from fault to decision: median {median(decisions):.1f} s, maximum {decisions[-1]:.1f} s")
    for result in failed:
        _say(f"  {result.id}: {'; '.join(result.problems)[:1000]}")
    return 1 if failed else 0


def _list(options: argparse.Namespace) -> int:
    results = Results(CHECKOUT / ".lab")
    chosen = {case.id for case in selected(options.only)}
    for case in all_cases():
        known = results[case.id]
        if case.reason and not options.only:
            _say(f"{case.id}: not applicable: {case.reason}")
        elif case.id in chosen:
            _say(f"{case.id}: {'not run' if not known else 'passed' if known['passed'] else 'FAILED: ' + known['problems'][0]}")
    return 0


def _table(options: argparse.Namespace) -> int:
    results = Results(CHECKOUT / ".lab")
    revisions = {str(entry.get("revision") or "unknown") for entry in results.entries() if "not_applicable" not in entry}
    facts = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "revisions": ", ".join(sorted(revisions)),
        "ansible-core": version("ansible-core"),
        "Python": platform.python_version(),
    }
    write_atomically(
        CHECKOUT / "docs/docsite/rst/fault_table.rst",
        page(results.entries(), facts, len(results.missing(applicable())), known(CHECKOUT / ".lab")),
    )
    entries = [entry for entry in results.entries() if "not_applicable" not in entry]
    failed = [entry["id"] for entry in entries if not entry["passed"]]
    late = [entry["id"] for entry in entries if over_limit(entry)]
    _say(json.dumps({"run": len(entries), "failed": len(failed), "decided too late": late}))
    return 1 if failed or late else 0


def _mutations(options: argparse.Namespace) -> int:
    lab = Lab(CHECKOUT)
    systems = options.systems or len(lab.hosts()) // 2
    return check_mutations(lab, systems, CHECKOUT, options.only, _say)


if __name__ == "__main__":
    sys.exit(main())
