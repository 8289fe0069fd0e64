"""The tags by which everything of ours is found again."""

from collections.abc import Mapping

from deployer.cloud.oos import group_tag_key

NETWORK_TAGS = {"deployer": "network"}
DEPLOY_ID_TAG = "deployer:deploy-id"  # only on instances that were made here


def group_tags(application_name: str, group_name: str) -> dict[str, str]:
    """What marks an instance or a security group as made for one group."""
    return {"deployer:application": application_name, "deployer:group": group_name}


def member_tags(application_name: str, group_name: str) -> dict[str, str]:
    """What every instance of a group carries, made for it or not; one instance can be in groups of many applications."""
    return {group_tag_key(application_name): group_name}


def is_made_for(tags: Mapping[str, str], application_name: str, group_name: str) -> bool:
    """Whether the tags of an instance say that a deploy of this group created it."""
    return DEPLOY_ID_TAG in tags and group_tags(application_name, group_name).items() <= tags.items()


def instance_tags(application_name: str, group_name: str, deploy_id: str) -> dict[str, str]:
    """What a new instance is born with; the last one makes the console show it in its group."""
    return {
        **group_tags(application_name, group_name),
        DEPLOY_ID_TAG: deploy_id,
        **member_tags(application_name, group_name),
    }
