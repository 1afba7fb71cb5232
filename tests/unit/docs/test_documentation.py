# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents say what the code does: failure codes, options of the role, filters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.jp1.itdm.plugins.filter.upgrade import FilterModule
from ansible_collections.jp1.itdm.plugins.module_utils import _argspec, _policy, _result
from ansible_collections.jp1.itdm.plugins.module_utils._profile import ACTIONS
from ansible_collections.jp1.itdm.plugins.plugin_utils import _winrs_errors

from tests.docs import failure_codes, profile_fields

ROOT = Path(_argspec.__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
ENTRIES: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "roles" / "upgrade" / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
)["argument_specs"]
DEFAULTS: dict[str, Any] = yaml.safe_load((ROOT / "roles" / "upgrade" / "defaults" / "main.yml").read_text(encoding="utf-8"))
TASKS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles" / "upgrade" / "tasks").rglob("*.yml"))

# What a text search can not see: codes that are put together, or looked up in a table.
COMPOSED = {
    *("file_missing", "folder_missing", "file_exists", "is_a_folder"),
    *("journal_damaged", "journal_schema_unknown", "lock_damaged", "lock_schema_unknown", "guard_missing"),
    *("service_not_started", "service_not_stopped", "services_not_running", "services_not_stopped"),
    *(kind.code for kind in _winrs_errors._KINDS),
    _winrs_errors._OTHER.code,
}
# A code of a finding, never of a failure; the module preflight documents it there.
FINDING_ONLY = {"same_version"}


def codes_in_the_code() -> set[str]:
    """Return every failure code that the plugins can return."""
    pattern = re.compile(r'(?:\bcode(?:: str)? ?= ?|_rejected\(\s*|_precondition\(\s*)"(\w+)"')
    files = [path for folder in ("action", "module_utils", "plugin_utils") for path in (ROOT / "plugins" / folder).glob("*.py")]
    return COMPOSED.union(*(pattern.findall(path.read_text(encoding="utf-8")) for path in files)) - FINDING_ONLY


def test_every_failure_code_is_documented_and_every_documented_one_exists() -> None:
    assert {one.code for one in failure_codes.told()} == codes_in_the_code()


def test_every_failure_code_is_told_with_its_class_cause_and_remedy() -> None:
    for one in failure_codes.told():
        assert set(one.kind.split(" or ")) <= set(_policy.CLASSES), one
        assert one.cause and one.remedy.endswith("."), one


def test_a_failure_of_another_module_has_the_code_that_is_told() -> None:
    for phase in _policy.PHASES:
        failed = _result.failure({"msg": "no"}, "task", phase)
        assert (failed["code"], failed["class"]) == (f"{phase}_failed", "unknown_outcome")
    assert "``PHASE_failed`` (``unknown_outcome``)" in failure_codes.page([])


@pytest.mark.parametrize(
    ("file", "page"),
    [(failure_codes.PAGE, failure_codes.page(failure_codes.told())), (profile_fields.PAGE, profile_fields.page())],
    ids=["failure_codes", "profile_fields"],
)
def test_the_pages_of_the_site_are_made_of_the_code(file: Path, page: str) -> None:
    assert file.read_text(encoding="utf-8") == page, "run 'make docs-pages'"
    markup = [line for line in page.splitlines() if re.search(r"\b[A-Z]+\(", re.sub("``.*?``", "", line))]
    assert markup == []


def test_every_specification_has_its_module() -> None:
    specifications = {name.lower() for name, value in vars(_argspec).items() if name.isupper() and isinstance(value, dict)}
    assert set(MODULES) == {name for name in specifications if not name.startswith("_")} - {"from_variables"}


def test_every_filter_has_its_document() -> None:
    assert sorted(path.stem for path in (ROOT / "plugins" / "filter").glob("*.yml")) == sorted(FilterModule().filters())


def test_the_role_declares_the_defaults_that_it_has() -> None:
    declared = {name: option["default"] for name, option in ENTRIES["main"]["options"].items() if "default" in option}
    assert declared == DEFAULTS


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_option_of_an_entry_is_one_of_the_role(entry: str) -> None:
    assert set(ENTRIES[entry]["options"]) <= set(ENTRIES["main"]["options"])
    assert all(option["description"] for option in ENTRIES[entry]["options"].values())


def test_every_file_of_tasks_that_a_playbook_starts_has_an_entry() -> None:
    playbooks = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml"))
    assert set(re.findall(r"tasks_from: (\w+)", playbooks)) | {"main"} == set(ENTRIES)


def test_every_option_is_used() -> None:
    by_modules = set(_argspec.FROM_VARIABLES.values())
    assert {name for name in ENTRIES["main"]["options"] if name not in TASKS} <= by_modules


def test_secrets_are_never_logged() -> None:
    secrets = {name for name, option in ENTRIES["main"]["options"].items() if option.get("no_log")}
    assert secrets == {"upgrade_database_password", "upgrade_license_key"}


def test_only_actions_can_be_confirmed() -> None:
    assert set(ENTRIES["main"]["options"]["upgrade_confirmed_steps"]["choices"]) <= set(ACTIONS)
