"""Suggestions for misspelt names."""

from patchwright.synths import did_you_mean


def test_few_choices_are_listed_and_of_many_only_some():
    names = [f"name{number}" for number in range(40)]
    assert did_you_mean("xyz", names) == f"the choices are {', '.join(names)}"
    many = did_you_mean("xyz", [*names, *map(str, range(10**5))])
    assert many == f"the choices are {', '.join(names[:10])} and 100030 more"


def test_a_near_name_is_suggested_whatever_its_case():
    assert did_you_mean("NAME1x", ["name1", "other"]) == "did you mean 'name1'?"
    assert did_you_mean("sow" * 10**6, ["saw"]).startswith("the choices are saw")
