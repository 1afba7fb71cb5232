# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents say what the code does: failure codes, options of the role, filters."""

from __future__ import annotations

import importlib
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
PLUGINS = "ansible_collections.jp1.itdm.plugins"
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
    assert declared == DEFAULTS, "defaults/main.yml and meta/argument_specs.yml (main) differ"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_and_the_role_have_the_same_default(module: str) -> None:
    specification = getattr(_argspec, module.upper())
    own = {f"upgrade_{name}": option["default"] for name, option in specification.items() if "default" in option}
    same = own.keys() & DEFAULTS.keys()
    assert {name: own[name] for name in same} == {name: DEFAULTS[name] for name in same}, "_argspec.py and defaults/main.yml differ"


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_option_of_an_entry_is_one_of_the_role(entry: str) -> None:
    assert set(ENTRIES[entry]["options"]) <= set(ENTRIES["main"]["options"]), "declare it in meta/argument_specs.yml for main, too"
    assert all(option["description"] for option in ENTRIES[entry]["options"].values())


def test_every_file_of_tasks_that_a_playbook_starts_has_an_entry() -> None:
    playbooks = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml"))
    assert set(re.findall(r"tasks_from: (\w+)", playbooks)) | {"main"} == set(ENTRIES)


def test_every_option_is_used() -> None:
    by_modules = set(_argspec.FROM_VARIABLES.values())
    assert {name for name in ENTRIES["main"]["options"] if name not in TASKS} <= by_modules, "no task hands it on"


def test_secrets_are_never_logged() -> None:
    secrets = {name for name, option in ENTRIES["main"]["options"].items() if option.get("no_log")}
    assert secrets == {"upgrade_database_password", "upgrade_license_key"}


def test_only_actions_can_be_confirmed() -> None:
    assert set(ENTRIES["main"]["options"]["upgrade_confirmed_steps"]["choices"]) <= set(ACTIONS)


def used_by(file: str, seen: set[str]) -> str:
    """Return the text of a file of tasks and of all that it includes or imports."""
    path = ROOT / "roles" / "upgrade" / "tasks" / file
    if file in seen or not path.exists():  # a name that is put together
        return ""
    seen.add(file)
    text = path.read_text(encoding="utf-8")
    included = re.findall(r"(?:include|import)_tasks: \"?(?:\{\{ role_path \}\}/tasks/)?([\w/]+\.yml)", text)
    return text + "".join(used_by(each, seen) for each in included)


# describe.yml looks at these wherever they are set.
OF_THE_SYSTEM = {"upgrade_failure_policy", "upgrade_media_folder", "upgrade_old_media_folder"}
# What is read by tasks that take no effect in an entry which shares them.
WITHOUT_EFFECT = {
    "preflight_on_request": {"upgrade_reconnection_limit"},
    "commit_on_request": {"upgrade_target_version"},
    "verify_on_request": {"upgrade_journal_folder"},
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_declares_every_option_that_its_tasks_use(entry: str) -> None:
    names = set(re.findall(r"\bupgrade_\w+", used_by(f"{entry}.yml", set()))) - OF_THE_SYSTEM - WITHOUT_EFFECT.get(entry, set())
    assert names & set(ENTRIES["main"]["options"]) <= set(ENTRIES[entry]["options"]), "declare it in meta/argument_specs.yml"


def documented(module: str) -> dict[str, dict[str, Any]]:
    """Return the options that a module's documentation has, with those of its fragments."""
    document = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{module}").DOCUMENTATION)
    options: dict[str, dict[str, Any]] = dict(document.get("options", {}))
    for name in document["extends_documentation_fragment"]:
        file, _, part = name.removeprefix("jp1.itdm.").partition(".")
        fragment = importlib.import_module(f"{PLUGINS}.doc_fragments.{file}").ModuleDocFragment
        options |= yaml.safe_load(getattr(fragment, part.upper() or "DOCUMENTATION")).get("options", {})
    return options


@pytest.mark.parametrize("module", MODULES)
def test_a_module_documents_its_options_as_they_are(module: str) -> None:
    def told(options: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        keys = ("type", "required", "default", "choices", "elements")
        shown = {name: {key: option[key] for key in keys if key in option} for name, option in options.items()}
        return {name: option | ({"choices": list(option["choices"])} if "choices" in option else {}) for name, option in shown.items()}

    documents = f"DOCUMENTATION in plugins/modules/{module}.py, or its fragments, and _argspec.py differ"
    assert told(documented(module)) == told(getattr(_argspec, module.upper())), documents


def test_the_read_me_of_the_role_has_every_entry() -> None:
    text = (ROOT / "roles" / "upgrade" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)) == set(ENTRIES)


def test_the_changelog_was_made_of_every_fragment() -> None:
    releases = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    told = {name for release in releases.values() for name in release["fragments"]}
    assert {path.name for path in (ROOT / "changelogs" / "fragments").glob("*.yml")} <= told, "run 'make changelog'"
