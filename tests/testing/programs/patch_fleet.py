"""Somebody's roll-out: the same command on every machine with a tag, all at once, with the async SDK and a role."""

import asyncio
import base64

from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.models import Config as CredentialConfig
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config

FINAL = {"Success", "Failed", "Timeout", "Aborted", "Error", "Terminated", "Cancelled", "Invalid"}


class FleetError(Exception):
    pass


def client_for(region, role_name=None):
    if role_name is None:
        credential = CredentialClient()
    else:
        credential = CredentialClient(CredentialConfig(type="ecs_ram_role", role_name=role_name))
    return Client(Config(credential=credential, region_id=region))


async def targets(client, region, key, value):
    request = models.DescribeInstancesRequest(
        region_id=region, tag=[models.DescribeInstancesRequestTag(key=key, value=value)], max_results=50
    )
    found = []
    while True:
        body = (await client.describe_instances_async(request)).body
        found += [instance.instance_id for instance in body.instances.instance]
        if not body.next_token:
            return found
        request.next_token = body.next_token


async def run_on(client, region, instance_id, script, pause):
    content = base64.b64encode(script.encode()).decode()
    request = models.RunCommandRequest(
        region_id=region,
        type="RunShellScript",
        command_content=content,
        content_encoding="Base64",
        instance_id=[instance_id],
        timeout=600,
    )
    invoke_id = (await client.run_command_async(request)).body.invoke_id
    look = models.DescribeInvocationResultsRequest(region_id=region, invoke_id=invoke_id)
    for _ in range(200):
        body = (await client.describe_invocation_results_async(look)).body
        [result] = body.invocation.invocation_results.invocation_result
        if result.invocation_status in FINAL:
            return instance_id, result.exit_code, base64.b64decode(result.output).decode()
        await asyncio.sleep(pause)
    raise FleetError(f"{instance_id} does not come to an end")


async def patch(region, key, value, script, *, role_name=None, pause=5.0):
    client = client_for(region, role_name)
    instance_ids = await targets(client, region, key, value)
    if not instance_ids:
        raise FleetError(f"no machine has {key}={value}")
    results = await asyncio.gather(*(run_on(client, region, one, script, pause) for one in instance_ids))
    broken = {instance_id: output for instance_id, exit_code, output in results if exit_code != 0}
    if broken:
        raise FleetError(broken)
    return {instance_id: output for instance_id, _, output in results}
