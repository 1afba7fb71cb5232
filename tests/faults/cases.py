# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix: every step meets every fault, in the variants that make a difference, or there is a reason why it can not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .beginnings import BACK_ON_BOTH, BEFORE_RESTORE, FRESH, UPGRADED_RUNNING, Beginning
from .sites import ROLLBACK, SITES, UPGRADE, Site

#: The faults, as the documentation calls them.
FAULTS = (
    "exit_code",
    "nothing_done",
    "hang",
    "killed",
    "dropped_before",
    "dropped_after",
    "unavailable",
    "restart",
    "power_loss",
    "controller_killed",
    "disk_full",
    "service_fails",
    "quota",
    "second_run",
    "orphan",
    "rollback_step_fails",
    "backup_damaged",
    "interference",
)
_POINTS = ("before", "middle", "after")
# The variants of a fault by the kind of site. Installers meet all; elsewhere those are left out that make no difference there. A fault
# that is not named has one variant without a name.
_VARIANTS: dict[str, dict[str, tuple[str, ...]]] = {
    "installer": {
        "exit_code": _POINTS,
        "hang": ("middle",),
        "killed": ("middle", "after", "tree"),
        "dropped_before": ("start",),
        "dropped_after": ("start", "wait"),
        "restart": ("after",),
        "power_loss": ("middle",),
        "controller_killed": ("middle", "after", "then_fails"),
        "disk_full": ("program", "files"),
        "quota": ("shells",),
        "second_run": ("refused", "takes_over"),
    },
    "long": {
        "exit_code": _POINTS,
        "hang": ("middle",),
        "killed": ("tree",),
        "dropped_before": ("start",),
        "dropped_after": ("start", "wait"),
        "restart": ("middle",),
        "power_loss": ("middle",),
        "controller_killed": ("middle", "after"),
        "disk_full": ("program", "files"),
        "quota": ("operations",),
    },
    "short": {
        "exit_code": ("middle", "after"),
        "hang": ("middle",),
        "killed": ("middle",),
        "dropped_before": ("start",),
        "dropped_after": ("start", "wait"),
        "restart": ("middle",),
        "power_loss": ("middle",),
        "controller_killed": ("middle",),
        "disk_full": ("files",),
        "quota": ("operations",),
    },
    "reader": {
        "exit_code": ("before",),
        "hang": ("before",),
        "killed": ("before",),
        "dropped_before": ("start",),
        "dropped_after": ("start",),
        "restart": ("middle",),
        "power_loss": ("middle",),
        "controller_killed": ("middle",),
        "disk_full": ("files",),
        "quota": ("shells",),
    },
    # The first half of a step whose second half meets all faults.
    "removal": {
        "exit_code": ("middle",),
        "hang": ("middle",),
        "killed": ("middle",),
        "restart": ("middle",),
        "controller_killed": ("middle",),
    },
}
# Programs that ask for the free space themselves.
_NEEDS_SPACE = ("exportdb", "installer")


@dataclass(frozen=True)
class Case:
    """One cell of the matrix.

    :ivar variant: which of the fault's ways; empty where there is only one.
    :ivar service: the service that does not start, for the fault of that name.
    :ivar reason: why the case can not be, else empty.
    """

    site: Site
    fault: str
    variant: str = ""
    service: str = ""
    reason: str = ""

    @property
    def id(self) -> str:
        """Unique name."""
        return ".".join(filter(None, (self.site.id, self.fault, self.variant, self.service)))

    @property
    def ends_run(self) -> bool:
        """Whether the run that meets the fault ends, so that the next fault of a chain meets the next run."""
        return self.fault not in _SURVIVED and not self.may_end_run

    @property
    def may_end_run(self) -> bool:
        """Whether it has to be seen how the run goes on."""
        return self.fault in _PERHAPS_SURVIVED[self.site.phase]

    @property
    def begin(self) -> Beginning:
        """How it begins."""
        return _EARLIER.get((self.site.phase, self.site.step, self.fault), self.site.begin)


# Faults that a run survives, and those that it may survive.
_SURVIVED = ("dropped_before", "quota", "second_run")
_PERHAPS_SURVIVED = {
    UPGRADE: ("dropped_after", "unavailable"),
    ROLLBACK: ("dropped_after", "unavailable", "restart"),
}
# Faults behind which the next run of the same playbook goes on where it was.
_GONE_ON_FROM = {
    UPGRADE: ("hang", "controller_killed", "orphan"),
    ROLLBACK: ("exit_code", "nothing_done", "hang", "killed", "controller_killed", "orphan", "disk_full"),
}
# Faults with variants that leave the servers in the same states. An upgrade is rolled back from those states after the others, and goes on
# from them after these, because a person is asked.
_ASKED = ("exit_code.before", "exit_code.after", "killed.middle", "nothing_done", "disk_full.files")
# Where a hang leads to a rollback.
_SHORT_STEPS = ("stop", "start", "verify")
# Variants that lead elsewhere than the others of their fault.
_ALONE = ("then_fails", "takes_over", "at_once", "tree")
# Faults that strike while an earlier step runs, which therefore has to be part of the case.
_EARLIER: dict[tuple[str, str, str], Beginning] = {
    (UPGRADE, "install_on_database_server", "backup_damaged"): FRESH,
    (ROLLBACK, "restore_database", "backup_damaged"): BACK_ON_BOTH,
    (ROLLBACK, "verify", "interference"): BEFORE_RESTORE,
}


def all_cases() -> list[Case]:
    """The whole matrix, in the order of the procedure."""
    return [case for site in SITES for case in _of_site(site)]


def applicable() -> list[Case]:
    """The cases that can be run."""
    return [case for case in all_cases() if not case.reason]


#: Where the lab plays somebody who changes something meanwhile.
INTERFERENCES = (
    (UPGRADE, "install_on_database_server"),
    (UPGRADE, "verify"),
    (ROLLBACK, "stop_services"),
    (ROLLBACK, "verify"),
)


def kind_of(site: Site) -> str:
    """What kind of program a site has: it decides about the variants of the faults."""
    if site.part:
        return "removal"
    if site.reads_only:
        return "reader"
    if site.program == "installer":
        return "installer"
    return "long" if site.detached else "short"


def _of_site(site: Site) -> Iterator[Case]:
    kind = kind_of(site)
    variants = dict(_VARIANTS[kind])
    if (site.phase, site.step) == (UPGRADE, "backup"):
        variants["second_run"] = ("refused", "at_once")
    for fault in variants if kind == "removal" else FAULTS:
        for variant in variants.get(fault, ("",)):
            reason = _reason(site, fault, variant)
            if fault == "service_fails" and not reason:
                yield from (Case(site, fault, service=service) for service in site.services)
            else:
                yield Case(site, fault, variant, reason=reason)


def _reason(site: Site, fault: str, variant: str) -> str:
    """Why a step can not meet a fault; empty when it can."""
    if fault == "disk_full" and variant == "program" and site.program not in _NEEDS_SPACE:
        return "The lab's program asks for no free space; what the collection writes at this step meets a full disk."
    if fault == "service_fails" and not site.services:
        return "The step starts no service."
    if fault == "controller_killed" and variant == "then_fails" and site.phase == ROLLBACK:
        return "The next run of a rollback that fails once more is what the exit codes are about."
    if fault == "backup_damaged" and site.step not in ("install_on_database_server", "restore_database"):
        return "The backup was proven before, and the step does not use it."
    if fault == "backup_damaged" and site.step == "install_on_database_server" and site.phase == ROLLBACK:
        return "The backup is proven before the first step of the rollback."
    if fault == "interference" and (site.phase, site.step) not in INTERFERENCES:
        return "What somebody else changes meanwhile is found before it matters, by the verification, or by the comparison at the end."
    if fault == "rollback_step_fails":
        if site.phase == ROLLBACK:
            return "Every case of this phase is a step of the rollback that fails."
        if site.step == "backup":
            return "A failed backup leaves the services running, so that its rollback has nothing to do that could fail."
    return ""


def selected(pattern: str = "", part: str = "") -> list[Case]:
    """Applicable cases, by glob patterns of their names and by part.

    :param pattern: patterns with commas between them; a case is meant when one of them fits.
    :param part: V(2/5) for the second of five parts.
    """
    patterns = [text if any(sign in text for sign in "*?[") else f"*{text}*" for text in pattern.split(",") if text]
    cases = [case for case in applicable() if not patterns or any(fnmatchcase(case.id, each) for each in patterns)]
    if part:
        number, _, count = part.partition("/")
        cases = cases[int(number) - 1 :: int(count)]
    return cases


#: How a run begins that meets faults at all steps of its phase.
CHAIN_BEGINS = {UPGRADE: FRESH, ROLLBACK: UPGRADED_RUNNING}


def chains(cases: Sequence[Case]) -> list[list[Case]]:
    """Put cases of one fault together that a run, or one and those that go on with it, can meet one after the other at its steps; each of
    the others is alone."""
    found: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        # those of one site can not meet
        variant = "" if case.fault in ("quota", "restart", "second_run") else case.variant
        found.setdefault((case.site.phase, case.fault, variant) if _can_be_chained(case) else (case.id, "", ""), []).append(case)
    return list(found.values())


def _can_be_chained(case: Case) -> bool:
    site = case.site
    if case.variant in _ALONE:
        return False
    # on the management server the next file is written by a later step only
    if case.fault == "disk_full" and (case.variant == "program" or site.server == "management"):
        return False
    if site.phase == ROLLBACK and site.step == "verify":  # a run counts records by the same program before its last step
        return False
    if site.phase == UPGRADE and case.fault == "hang" and site.step in _SHORT_STEPS:
        return False
    return _is_asked(case) or case.fault in (*_SURVIVED, *_PERHAPS_SURVIVED[site.phase], *_GONE_ON_FROM[site.phase])


def _is_asked(case: Case) -> bool:
    return case.site.phase == UPGRADE and ".".join(filter(None, (case.fault, case.variant))) in _ASKED


def chain_options(chain: Sequence[Case]) -> dict[str, Any]:
    """Role options of a run that meets several faults."""
    if chain[0].site.phase == ROLLBACK:
        return {"rollback_after_start": True}
    if not _is_asked(chain[0]):
        return {}
    classes = ("command", "verification", "backup_rejected", "unknown_outcome")
    return {"failure_policy": {case.site.step: dict.fromkeys(classes, "ask") for case in chain}}


#: Faults of every kind, in cases that need next to nothing to begin with.
_SUBSET = (
    "upgrade.backup.disk_full.program",
    "upgrade.install_on_database_server.rollback_step_fails",
    "upgrade.install_on_database_server.killed.tree",
    "upgrade.install_on_database_server.dropped_after.start",
    "upgrade.install_on_database_server.power_loss.middle",
    "upgrade.install_on_database_server.controller_killed.middle",
    "upgrade.install_on_database_server.quota.shells",
    "upgrade.install_on_database_server.second_run.refused",
)


def subset() -> list[Case]:
    """The few cases that run with all other tests."""
    by_id = {case.id: case for case in applicable()}
    return [by_id[case_id] for case_id in _SUBSET]
