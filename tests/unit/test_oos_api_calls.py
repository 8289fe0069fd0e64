"""Template parameters under the names an API knows."""

import pytest

from deployer.oos.api_calls import ApiParameter, api_parameters

KNOWN = (
    ApiParameter(name="InstanceIds"),
    ApiParameter(name="SecurityGroupId", is_list=True),
    ApiParameter(name="SystemDisk", fields=(ApiParameter(name="Category"), ApiParameter(name="Size"))),
    ApiParameter(name="Policy", is_list=True),
    ApiParameter(name="Name"),
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"instanceids": ["i-1"]}, {"InstanceIds": ["i-1"]}),
        ({"InstanceId": ["i-1"]}, {"InstanceIds": ["i-1"]}),
        ({"InstanceId": "i-1"}, {"InstanceId": "i-1"}),
        ({"SecurityGroupIds": ["sg-1"]}, {"SecurityGroupId": ["sg-1"]}),
        ({"SecurityGroupId": "sg-1"}, {"SecurityGroupId": ["sg-1"]}),
        ({"Policies": ["a"]}, {"Policy": ["a"]}),
        ({"SystemDiskCategory": "cloud", "SystemDisk.Size": 40}, {"SystemDisk": {"Category": "cloud", "Size": 40}}),
        ({"Name": "", "Unknown": None, "Other": {"": ""}}, {}),
        ({"Name": 0, "Other": False}, {"Name": 0, "Other": False}),
    ],
)
def test_parameters_are_spelled_as_the_api_spells_them(given, expected):
    assert api_parameters(given, KNOWN) == expected


def test_parameters_of_an_unknown_api_are_left_as_they_are():
    assert api_parameters({"instanceids": ["i-1"], "Name": ""}, None) == {"instanceids": ["i-1"]}
