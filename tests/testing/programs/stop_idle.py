"""Somebody's nightly script: stop what nobody owns. Its client is made when it is imported."""

import json
import logging
import os

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config

log = logging.getLogger("stop-idle")
REGION = os.environ.get("REGION", "cn-hangzhou")
ecs = Client(
    Config(access_key_id="LTAI5tNightly", access_key_secret="of-somebody", endpoint=f"ecs-{REGION}.aliyuncs.com")
)


def every_instance():
    page = 1
    while True:
        body = ecs.describe_instances(
            models.DescribeInstancesRequest(region_id=REGION, page_number=page, page_size=10, status="Running")
        ).body
        yield from body.instances.instance
        if page * 10 >= body.total_count:
            return
        page += 1


def owner_of(instance):
    tags = instance.tags.tag if instance.tags else []
    return next((tag.tag_value for tag in tags if tag.tag_key == "owner"), None)


def main():
    idle = [instance.instance_id for instance in every_instance() if owner_of(instance) is None]
    for start in range(0, len(idle), 100):
        request = models.StopInstancesRequest(
            region_id=REGION, instance_id=idle[start : start + 100], stopped_mode="StopCharging"
        )
        answer = ecs.stop_instances(request)
        for result in answer.body.instance_responses.instance_response:
            log.info("%s: %s -> %s", result.instance_id, result.previous_status, result.current_status)
    return json.dumps({"stopped": sorted(idle)})
