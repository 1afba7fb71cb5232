# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._version import ProductVersion, check_target, check_upgrade
from hypothesis import given
from hypothesis import strategies as st

fields = st.integers(min_value=0, max_value=99)
suffixes = st.one_of(st.just(""), st.from_regex(r"[0-9]{2}|[A-Z]{1,2}", fullmatch=True))
versions = st.builds(ProductVersion, fields, fields, suffixes)


@given(versions)
def test_what_is_written_is_read_back(version: ProductVersion) -> None:
    assert ProductVersion.parse(str(version)) == version


@given(versions, versions)
def test_of_two_versions_exactly_one_relation_holds(one: ProductVersion, other: ProductVersion) -> None:
    assert [one < other, one == other, one > other].count(True) == 1


@given(versions, versions, versions)
def test_the_order_is_transitive(one: ProductVersion, two: ProductVersion, three: ProductVersion) -> None:
    low, middle, high = sorted((one, two, three))
    assert low <= middle <= high
    assert low <= high


@given(fields, fields, fields, fields)
def test_fields_are_compared_as_numbers_from_the_left(a: int, b: int, c: int, d: int) -> None:
    assert (ProductVersion(a, b) < ProductVersion(c, d)) == ((a, b) < (c, d))


def test_corrections_come_after_their_release() -> None:
    texts = ["09-51", "09-51-01", "10-00", "10-00-01", "10-00-02", "10-00-A", "10-10"]
    assert [str(version) for version in sorted(map(ProductVersion.parse, reversed(texts)))] == texts


@pytest.mark.parametrize(
    ("lower", "higher"), [("10-00", "10-00-00"), ("10-00-99", "10-00-A"), ("10-00-A", "10-00-B"), ("10-00-Z", "10-01")]
)
def test_suffixes_are_compared_last(lower: str, higher: str) -> None:
    assert ProductVersion.parse(lower) < ProductVersion.parse(higher)


def test_a_version_is_not_compared_with_a_text() -> None:
    with pytest.raises(TypeError):
        assert ProductVersion(10, 0) < "10-10"


FORMATS = ["", "10", "10.10", "1010", "1-10", "10-1", "10-10-1", "10-10-ABC", "10-10-a", "v10-10", "10-10-01-01", "１０-１０"]


@pytest.mark.parametrize("text", [*FORMATS, "10-10 ", " 10-10", "10-10\n"])
def test_other_formats_are_refused_by_name(text: str) -> None:
    with pytest.raises(OptionError, match="upgrade_target_version") as caught:
        ProductVersion.parse(text, "upgrade_target_version")
    assert caught.value.code == "bad_version"
    assert "'10-10'" in caught.value.remedy


@pytest.mark.parametrize("value", [10.1, 10, None, ["10-10"], {"version": "10-10"}])
def test_what_yaml_makes_of_an_unquoted_version_is_refused(value: object) -> None:
    with pytest.raises(OptionError, match=r"^version: ") as caught:
        ProductVersion.parse(value)  # type: ignore[arg-type]
    assert caught.value.code == "bad_version"


@pytest.mark.parametrize("text", ["10-50", "10-50-01", "11-00", "13-11"])
def test_targets_of_the_successor_product_are_refused(text: str) -> None:
    with pytest.raises(OptionError, match="Desktop Management 2") as caught:
        check_target(ProductVersion.parse(text))
    assert caught.value.code == "itdm2_target"


@pytest.mark.parametrize("text", ["09-51", "10-00", "10-10", "10-10-03", "10-49"])
def test_targets_before_the_successor_product_are_accepted(text: str) -> None:
    check_target(ProductVersion.parse(text))


@given(versions, versions)
def test_only_a_later_version_is_an_upgrade(installed: ProductVersion, target: ProductVersion) -> None:
    if installed < target:
        check_upgrade(installed, target)
        return
    with pytest.raises(OptionError) as caught:
        check_upgrade(installed, target)
    assert caught.value.code == ("same_version" if installed == target else "downgrade")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (
            lambda: ProductVersion.parse("10.10"),
            "version: '10.10' is not a version of the product. Write it as VV-RR or VV-RR-SS, in quotes, for example '10-10'.",
        ),
        (
            lambda: check_target(ProductVersion(11, 0)),
            "target_version: 11-00 belongs to JP1/IT Desktop Management 2, which this collection does not upgrade to. "
            "Choose a version before 10-50, or follow the manual of JP1/IT Desktop Management 2.",
        ),
        (
            lambda: check_upgrade(ProductVersion(10, 10), ProductVersion(10, 10)),
            "target_version: 10-10 is the version that is installed already. Choose a later version.",
        ),
        (
            lambda: check_upgrade(ProductVersion(10, 10), ProductVersion(10, 0)),
            "target_version: 10-00 is older than the installed 10-10; that would be a downgrade. "
            "Choose a later version; going back to an old version is what rollback.yml does.",
        ),
    ],
)
def test_the_error_says_what_to_do(check: Callable[[], object], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        check()
    assert str(caught.value) == said
