"""Start, stop, reboot and delete through the SDK, and the machine below."""

import pytest
from ecs_lab import ECS_PAGES, IDEMPOTENCE, REGION, STATES_PAGE, TYPE, ZONE, open_lab, refused

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.machines.base import MachineError

STOP = ECS_PAGES + "stopinstance"
DELETE = ECS_PAGES + "deleteinstance"
DELETE_MANY = ECS_PAGES + "deleteinstances"
START_MANY = ECS_PAGES + "startinstances"


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def network(lab):
    return lab.make_network()


@pytest.fixture
def instance_id(lab, network):
    return lab.launch_running(network, internet_max_bandwidth_out=5)


@pytest.mark.documented(STATES_PAGE)
def test_stop_and_start_pass_through_their_states_and_keep_addresses(lab, instance_id, driver):
    before = lab.describe(instance_id)

    lab.ecs("stop_instance", instance_id=instance_id)
    stopping = lab.status(instance_id)
    lab.settle()
    stopped = lab.describe(instance_id)
    alive_while_stopped = driver.machines[instance_id].alive
    lab.ecs("start_instance", instance_id=instance_id)
    starting = lab.status(instance_id)
    lab.settle()
    after = lab.describe(instance_id)

    assert (stopping, stopped.status, starting, after.status) == ("Stopping", "Stopped", "Starting", "Running")
    assert alive_while_stopped is False
    assert driver.machines[instance_id].alive
    assert after.public_ip_address.ip_address == before.public_ip_address.ip_address
    assert after.vpc_attributes.to_map() == before.vpc_attributes.to_map()


@pytest.mark.documented(STOP)
def test_a_stop_in_saving_mode_may_change_the_public_address_and_needs_stock_again(lab, network, instance_id):
    before = lab.describe(instance_id).public_ip_address.ip_address
    lab.ecs("stop_instance", instance_id=instance_id, stopped_mode="StopCharging")
    lab.settle()
    stopped = lab.describe(instance_id)
    lab.state.stock.set_sold_out(REGION, ZONE, TYPE)

    refused("OperationDenied.NoStock", lambda: lab.ecs("start_instance", instance_id=instance_id), status=403)
    lab.state.stock.set_in_stock(REGION, ZONE, TYPE)
    lab.launch(network, internet_max_bandwidth_out=5)
    lab.ecs("start_instance", instance_id=instance_id)
    lab.settle()

    assert (stopped.stopped_mode, stopped.public_ip_address.ip_address) == ("StopCharging", [])
    after = lab.describe(instance_id).public_ip_address.ip_address
    assert len(after) == 1
    assert after != before


@pytest.mark.documented(ECS_PAGES + "startinstance")
def test_only_a_stopped_instance_starts_and_only_a_running_one_stops(lab, instance_id):
    refused("IncorrectInstanceStatus", lambda: lab.ecs("start_instance", instance_id=instance_id), status=403)
    lab.ecs("stop_instance", instance_id=instance_id)

    refused("IncorrectInstanceStatus", lambda: lab.ecs("stop_instance", instance_id=instance_id), status=403)
    refused("IncorrectInstanceStatus", lambda: lab.ecs("reboot_instance", instance_id=instance_id), status=403)
    refused("InvalidInstanceId.NotFound", lambda: lab.ecs("start_instance", instance_id="i-none"), status=404)


@pytest.mark.documented(ECS_PAGES + "rebootinstance")
def test_a_reboot_starts_again_with_the_same_disk(lab, instance_id, driver):
    first = driver.machines[instance_id]

    lab.ecs("reboot_instance", instance_id=instance_id)
    during = lab.status(instance_id)
    lab.settle()

    assert (during, lab.status(instance_id)) == ("Starting", "Running")
    assert first.alive is False
    assert driver.machines[instance_id].alive
    assert [spec.instance_id for spec in driver.booted] == [instance_id, instance_id]


@pytest.mark.documented(STATES_PAGE)
def test_a_machine_that_powers_itself_off_leaves_its_instance_stopped(lab, instance_id, driver):
    driver.machines[instance_id].power_off()

    stopped = lab.status(instance_id)
    lab.ecs("start_instance", instance_id=instance_id)
    lab.settle()

    assert (stopped, lab.status(instance_id)) == ("Stopped", "Running")


@pytest.mark.documented(STATES_PAGE)
def test_running_does_not_mean_that_cloud_assistant_answers(lab, network):
    [instance_id] = lab.launch(network)
    lab.emulator.advance(2.6)
    instance = lab.state.get_instance(instance_id, REGION)
    ready_at_first = instance.agent_ready
    status = lab.status(instance_id)
    lab.emulator.advance(1.0)

    assert (status, ready_at_first, instance.agent_ready) == ("Running", False, True)


@pytest.mark.documented(DELETE)
def test_a_running_instance_is_deleted_by_force_only(lab, instance_id, driver):
    refused("IncorrectInstanceStatus", lambda: lab.ecs("delete_instance", instance_id=instance_id), status=403)

    lab.ecs("delete_instance", instance_id=instance_id, force=True)
    still_listed = lab.status(instance_id)
    lab.settle()

    assert still_listed == "Stopping"
    assert lab.status(instance_id) is None
    assert instance_id not in driver.machines
    refused("InvalidInstanceId.NotFound", lambda: lab.ecs("delete_instance", instance_id=instance_id), status=404)


@pytest.mark.documented(DELETE)
def test_a_stopped_instance_is_deleted_without_force(lab, instance_id):
    lab.ecs("stop_instance", instance_id=instance_id)
    lab.settle()

    lab.ecs("delete_instance", instance_id=instance_id)
    lab.settle()

    assert lab.status(instance_id) is None


@pytest.mark.documented(DELETE)
def test_force_does_not_beat_deletion_protection(lab, network):
    instance_id = lab.launch_running(network, deletion_protection=True)

    refused(
        "InvalidOperation.DeletionProtection",
        lambda: lab.ecs("delete_instance", instance_id=instance_id, force=True),
        status=403,
    )
    lab.ecs("modify_instance_attribute", instance_id=instance_id, deletion_protection=False)
    lab.ecs("delete_instance", instance_id=instance_id, force=True)
    lab.settle()

    assert lab.status(instance_id) is None


@pytest.mark.documented(DELETE)
def test_an_instance_just_created_cannot_be_deleted_yet(lab, network):
    [instance_id] = lab.launch(network)
    lab.emulator.advance(0.5)

    refused(
        "IncorrectInstanceStatus.Initializing",
        lambda: lab.ecs("delete_instance", instance_id=instance_id, force=True),
        status=403,
    )


@pytest.mark.documented(DELETE)
def test_what_a_deleted_instance_held_is_free_a_moment_later(lab, network, instance_id):
    def delete_group():
        return lab.ecs("delete_security_group", security_group_id=network.security_group_id)

    lab.ecs("delete_instance", instance_id=instance_id, force=True)
    lab.emulator.advance(0.6)

    assert lab.status(instance_id) is None
    refused("DependencyViolation", delete_group, status=403)
    refused(
        "DependencyViolation.NetworkInterface",
        lambda: lab.vpc("delete_vswitch", v_switch_id=network.vswitch_id),
        status=400,
    )
    lab.settle()
    delete_group()
    lab.vpc("delete_vswitch", v_switch_id=network.vswitch_id)
    lab.vpc("delete_vpc", vpc_id=network.vpc_id)


@pytest.mark.documented(DELETE_MANY)
def test_one_bad_instance_refuses_the_whole_batch(lab, network):
    ids = lab.launch(network, amount=2)
    lab.settle()

    refused(
        "InvalidInstanceIds.NotFound",
        lambda: lab.ecs("delete_instances", instance_id=[*ids, "i-none"], force=True),
        status=404,
    )
    refused("DRYRUN.SUCCESS", lambda: lab.ecs("delete_instances", instance_id=ids, force=True, dry_run=True))
    assert [lab.status(instance_id) for instance_id in ids] == ["Running", "Running"]


@pytest.mark.documented(IDEMPOTENCE)
def test_deleting_a_batch_again_with_its_token_succeeds(lab, network):
    ids = lab.launch(network, amount=2)
    lab.settle()

    for _ in range(2):
        lab.ecs("delete_instances", instance_id=ids, force=True, client_token="destroy-1")
        lab.settle()

    assert lab.ecs("describe_instances").total_count == 0


@pytest.mark.documented(START_MANY)
def test_batch_stop_and_start_refuse_together_or_answer_one_by_one(lab, network):
    ids = lab.launch(network, amount=2)
    lab.settle()
    lab.ecs("stop_instance", instance_id=ids[0])
    lab.settle()

    refused("IncorrectInstanceStatus", lambda: lab.ecs("stop_instances", instance_id=ids), status=403)
    answer = lab.ecs("stop_instances", instance_id=ids, batch_optimization="SuccessFirst")

    results = {found.instance_id: found for found in answer.instance_responses.instance_response}
    assert results[ids[0]].code == "IncorrectInstanceStatus"
    second = results[ids[1]]
    assert (second.code, second.previous_status, second.current_status) == ("200", "Running", "Stopping")
    lab.settle()
    lab.ecs("start_instances", instance_id=ids)
    lab.settle()
    assert [lab.status(instance_id) for instance_id in ids] == ["Running", "Running"]


@pytest.mark.documented(STOP)
def test_a_dry_run_of_a_change_passes_as_an_error_and_changes_nothing(lab, instance_id):
    refused("DryRunOperation", lambda: lab.ecs("stop_instance", instance_id=instance_id, dry_run=True), status=400)

    assert lab.status(instance_id) == "Running"


@pytest.mark.documented(ECS_PAGES + "allocatepublicipaddress")
def test_a_public_address_is_allocated_once_and_needs_bandwidth(lab, network, instance_id):
    without_bandwidth = lab.launch_running(network)

    refused("AllocatedAlready", lambda: lab.ecs("allocate_public_ip_address", instance_id=instance_id), status=403)
    refused(
        "AllocateIpInvalidInstanceBandwidth",
        lambda: lab.ecs("allocate_public_ip_address", instance_id=without_bandwidth),
        status=400,
    )


@pytest.mark.documented(ECS_PAGES + "modifyinstanceattribute")
def test_attributes_are_changed_and_bad_ones_refused(lab, instance_id):
    lab.ecs("modify_instance_attribute", instance_id=instance_id, instance_name="renamed", description="new text")

    instance = lab.describe(instance_id)

    assert (instance.instance_name, instance.description) == ("renamed", "new text")
    refused(
        "InvalidInstanceName.Malformed",
        lambda: lab.ecs("modify_instance_attribute", instance_id=instance_id, instance_name="?"),
        status=400,
    )


@pytest.mark.documented(ECS_PAGES + "stopinstance")
def test_operations_without_a_region_find_an_instance_of_any_region_on_loopback(lab, virtual_server):
    beijing = open_lab(virtual_server, "cn-beijing")
    vpc_id = beijing.vpc("create_vpc", region_id="cn-beijing").vpc_id
    lab.settle()
    vswitch_id = beijing.vpc(
        "create_vswitch", region_id="cn-beijing", vpc_id=vpc_id, zone_id="cn-beijing-h", cidr_block="172.16.0.0/24"
    ).v_switch_id
    group_id = beijing.ecs("create_security_group", region_id="cn-beijing", vpc_id=vpc_id).security_group_id
    lab.settle()
    [instance_id] = beijing.ecs(
        "run_instances",
        region_id="cn-beijing",
        instance_type=TYPE,
        image_family="acs:ubuntu_24_04_x64",
        v_switch_id=vswitch_id,
        security_group_id=group_id,
        system_disk=None,
    ).instance_id_sets.instance_id_set
    lab.settle()

    lab.ecs("stop_instance", instance_id=instance_id)

    assert lab.status(instance_id) is None
    assert beijing.ecs("describe_instance_attribute", instance_id=instance_id).status == "Stopping"


@pytest.mark.documented("https://github.com/aliyun/aliyun-openapi-meta")
def test_a_regional_endpoint_finds_the_instances_of_its_region_only(lab, instance_id):
    stop = lab.emulator.services.ecs.handlers()["StopInstance"]

    def call(host, region_id):
        return Call(
            product="ecs",
            action="StopInstance",
            region_id=region_id,
            params={"InstanceId": instance_id},
            principal=lab.emulator.accounts.root,
            request_id="",
            host=host,
        )

    with pytest.raises(ApiError) as caught:
        stop(call("ecs.cn-beijing.aliyuncs.com", "cn-beijing"))
    stop(call("ecs-cn-hangzhou.aliyuncs.com", "cn-hangzhou"))

    assert (caught.value.status, caught.value.code) == (404, "InvalidInstanceId.NotFound")
    assert lab.status(instance_id) == "Stopping"


@pytest.mark.assumed("as in the cloud a system that does not come up is Running, and its agent never answers")
def test_an_instance_whose_machine_does_not_boot_is_running_without_an_agent(lab, network, driver, monkeypatch):
    def broken(_spec):
        raise MachineError("ClientNotRunning", "no such kernel")

    monkeypatch.setattr(driver, "boot", broken)

    instance_id = lab.launch_running(network)

    instance = lab.state.get_instance(instance_id, REGION)
    assert lab.status(instance_id) == "Running"
    assert (instance.agent_ready, instance.boot_error) == (False, "no such kernel")


@pytest.mark.documented(DELETE)
def test_an_instance_deleted_while_it_starts_never_boots(lab, network, driver):
    [instance_id] = lab.launch(network)
    lab.emulator.advance(1.5)
    during = lab.status(instance_id)

    lab.ecs("delete_instance", instance_id=instance_id, force=True)
    lab.settle()

    assert during == "Starting"
    assert (lab.status(instance_id), driver.booted, driver.machines) == (None, [], {})
