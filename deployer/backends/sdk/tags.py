"""The tags by which everything of ours is found again."""

from deployer.cloud.oos import group_tag_key

NETWORK_TAGS = {"deployer": "network"}
DEPLOY_ID_TAG = "deployer:deploy-id"  # only on instances that were made here


def group_tags(application_name: str, group_name: str) -> dict[str, str]:
    """What marks an instance or a security group as one group's."""
    return {"deployer:application": application_name, "deployer:group": group_name}


def instance_tags(application_name: str, group_name: str, deploy_id: str) -> dict[str, str]:
    """What a new instance is born with; the last one makes the console show it in its group."""
    return {
        **group_tags(application_name, group_name),
        DEPLOY_ID_TAG: deploy_id,
        group_tag_key(application_name): group_name,
    }
