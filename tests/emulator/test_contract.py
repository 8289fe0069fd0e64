"""Requests against the published shape of operations: what comes typed to a handler, and what is refused."""

import importlib

import pytest

from deployer.emulator.actions import ApiError
from deployer.emulator.contract.check import flat_parameters, typed_parameters, undeclared_fields
from deployer.emulator.contract.document import PRODUCT_VERSIONS, Contract

META = "https://github.com/aliyun/aliyun-openapi-meta"
GATEWAY = "https://developer.aliyun.com/ask/278265"


@pytest.fixture(scope="session")
def contract():
    return Contract()


def typed(contract, action, product="ecs", **raw):
    return typed_parameters(contract.find(product, action), {name.replace("__", "."): raw[name] for name in raw})


@pytest.mark.documented(META)
def test_flat_parameters_become_lists_objects_numbers_and_booleans(contract):
    params = typed(
        contract,
        "RunInstances",
        RegionId="cn-hangzhou",
        Amount="2",
        DryRun="False",
        DeletionProtection="true",
        SystemDisk__Category="cloud_essd",
        SecurityGroupIds__1="sg-1",
        SecurityGroupIds__2="sg-2",
        Tag__1__Key="a",
        Tag__1__Value="1",
        Tag__2__Key="b",
    )

    assert params == {
        "RegionId": "cn-hangzhou",
        "Amount": 2,
        "DryRun": False,
        "DeletionProtection": True,
        "SystemDisk": {"Category": "cloud_essd"},
        "SecurityGroupIds": ["sg-1", "sg-2"],
        "Tag": [{"Key": "a", "Value": "1"}, {"Key": "b"}],
    }


@pytest.mark.documented(META)
def test_lists_are_ordered_by_number_not_by_text(contract):
    raw = {f"InstanceId__{index}": f"i-{index}" for index in range(12, 0, -1)}

    params = typed(contract, "DescribeInstanceStatus", RegionId="cn-hangzhou", **raw)

    assert params["InstanceId"] == [f"i-{index}" for index in range(1, 13)]


@pytest.mark.documented(META)
@pytest.mark.parametrize(
    ("product", "action", "name", "text", "value"),
    [
        ("ecs", "DescribeInstances", "InstanceIds", '["i-1","i-2"]', ["i-1", "i-2"]),
        ("oos", "StartExecution", "Parameters", '{"a": 1}', {"a": 1}),
        ("oos", "StartExecution", "Tags", '{"k": "v"}', {"k": "v"}),
    ],
)
def test_json_texts_are_parsed(contract, product, action, name, text, value):
    assert typed(contract, action, product, RegionId="cn-hangzhou", **{name: text})[name] == value


@pytest.mark.documented(GATEWAY)
def test_an_empty_optional_parameter_counts_as_absent_and_an_empty_required_one_as_missing(contract):
    assert "KeyPairName" not in typed(contract, "RunInstances", RegionId="cn-hangzhou", KeyPairName="")

    with pytest.raises(ApiError) as caught:
        typed(contract, "RunInstances", RegionId="")
    assert (caught.value.status, caught.value.code) == (400, "MissingRegionId")


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("action", "raw", "code", "named"),
    [
        ("RunInstances", {"Instancetype": "ecs.u1"}, "InvalidParameter", "Instancetype"),
        ("RunInstances", {"Tag__1__Name": "x"}, "InvalidParameter", "Tag.1.Name"),
        ("RunInstances", {"Tag__first__Key": "x"}, "InvalidParameter", "Tag.first"),
        ("RunInstances", {"Amount": "many"}, "InvalidParameter", "Amount"),
        ("RunInstances", {"Amount": "101"}, "InvalidParameter", "Amount"),
        ("RunInstances", {"DryRun": "yes"}, "InvalidParameter", "DryRun"),
        ("RunInstances", {"SystemDisk": "40"}, "InvalidParameter", "SystemDisk"),
        ("RunInstances", {"InstanceName__1": "x"}, "InvalidParameter", "InstanceName.1"),
        ("DescribeInstances", {"InstanceIds": "i-1"}, "InvalidParameter", "InstanceIds"),
        ("DescribeInstances", {"PageSize": "101"}, "InvalidParameter", "PageSize"),
        ("RunCommand", {"Type": "RunPython", "CommandContent": "x"}, "InvalidCmdType.NotFound", "Type"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_by_name(contract, action, raw, code, named):
    with pytest.raises(ApiError) as caught:
        typed(contract, action, RegionId="cn-hangzhou", **raw)

    assert caught.value.code == code
    assert f'"{named}"' in caught.value.message


@pytest.mark.documented(META)
def test_required_fields_of_list_items_are_required_in_each(contract):
    with pytest.raises(ApiError) as caught:
        typed(
            contract,
            "GetPayAsYouGoPrice",
            "bss",
            ProductCode="ecs",
            SubscriptionType="PayAsYouGo",
            ModuleList__1__ModuleCode="InstanceType",
            ModuleList__1__PriceType="Hour",
        )

    assert caught.value.code == "MissingModuleList.1.Config"


@pytest.mark.documented(META)
def test_structured_parameters_take_the_wire_form_and_come_back(contract):
    operation = contract.find("ecs", "RunInstances")
    params = {
        "RegionId": "cn-hangzhou",
        "Amount": 1,
        "DryRun": True,
        "SystemDisk": {"Size": "40"},
        "Tag": [{"Key": "a", "Value": "b"}],
        "HostName": None,
    }

    flat = flat_parameters(operation, params)

    assert flat["Tag.1.Key"] == "a"
    assert typed_parameters(operation, flat) == {name: value for name, value in params.items() if value is not None}
    assert flat_parameters(contract.find("ecs", "DescribeInstances"), {"InstanceIds": ["i-1"]}) == {
        "InstanceIds": '["i-1"]'
    }


@pytest.mark.documented(META)
def test_network_operations_are_found_under_the_version_of_ecs_too(contract):
    assert contract.find_product("2014-05-26", "CreateVpc") == "vpc"
    assert contract.find_product("2014-05-26", "TagResources") == "ecs"
    assert contract.find_product("2016-04-28", "TagResources") == "vpc"
    assert contract.find_product("1999-01-01", "CreateVpc") is None


@pytest.mark.documented(META)
@pytest.mark.parametrize("product", sorted(PRODUCT_VERSIONS))
def test_every_operation_of_the_contract_can_be_read(contract, product):
    operations = [contract.find(product, name) for name in contract.product(product).names]

    assert operations
    assert all(operation.response for operation in operations)


@pytest.mark.documented(META)
def test_a_misspelt_field_of_an_answer_is_found(contract):
    operation = contract.find("ecs", "DescribeInstances")

    body = {"TotalCount": 1, "Instances": {"Instance": [{"InstanceId": "i-1", "Instanceid": "i-1"}]}, "Extra": 1}

    assert undeclared_fields(operation, body) == ["Instances.Instance[].Instanceid", "Extra"]


@pytest.mark.documented(META)
def test_every_handler_answers_an_operation_of_the_contract(contract, emulator):
    implemented = emulator.implemented_actions()

    assert set(implemented) == set(PRODUCT_VERSIONS)
    for product, actions in implemented.items():
        assert [name for name in actions if contract.find(product, name) is None] == []


SDK_MODELS = {
    "ecs": "alibabacloud_ecs20140526",
    "vpc": "alibabacloud_vpc20160428",
    "oos": "alibabacloud_oos20190601",
    "bss": "alibabacloud_bssopenapi20171214",
    "sts": "alibabacloud_sts20150401",
}


def filled(tree):
    """An answer in which every field of the contract's tree stands."""
    if isinstance(tree, dict):
        return {name: filled(child) for name, child in tree.items()}
    if isinstance(tree, list):
        return [filled(tree[0])] if tree else []
    return {"string": "text", "integer": 1, "number": 1.5, "boolean": True}.get(tree, {"key": "value"})


@pytest.mark.documented("https://api.aliyun.com/api-tools/sdk/Ecs?version=2014-05-26&language=python-tea")
@pytest.mark.parametrize("product", sorted(SDK_MODELS))
def test_every_answer_of_the_contract_survives_the_models_of_the_sdk(contract, product):
    """What the models drop is misspelt. The answers of all tests here are held against the contract in their turn."""
    models = importlib.import_module(f"{SDK_MODELS[product]}.models")
    wrong = []
    for name in contract.product(product).names:
        body = filled(contract.find(product, name).response)
        model = getattr(models, f"{name}ResponseBody")()
        if model.from_map(body).to_map() != body:
            wrong.append(name)
    assert wrong == []


@pytest.mark.documented(META)
@pytest.mark.parametrize("product", sorted(PRODUCT_VERSIONS))
def test_an_operation_that_is_not_described_is_told_from_one_that_does_not_exist(emulator, contract, product):
    others = contract.product(product).other_names

    assert others
    assert not set(others) & set(contract.product(product).names)

    def refusal(action: str) -> ApiError:
        with pytest.raises(ApiError) as caught:
            emulator.call_api(product, action, {}, region_id="cn-hangzhou", principal=emulator.accounts.root)
        return caught.value

    assert refusal("FlyToTheMoon").code == "InvalidApi.NotFound"
    assert refusal(others[0]).code == "Emulator.NotImplemented"
    assert others[0] in refusal(others[0]).message
