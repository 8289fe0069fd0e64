"""CreateKeyPair and its siblings."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.ecs.batches import answer_each, read_ids
from deployer.emulator.services.ecs.instance_view import tag_list
from deployer.emulator.services.ecs.instances import Instance
from deployer.emulator.services.ecs.key_pairs import KeyPair, is_public_key, make_key_pair
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import carries, read_tags

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_PAIRS = 100
_MAX_INSTANCES = 50


class KeyPairActions:
    """The operations on key pairs. A pair binds to Linux instances; logging in by it is up to the machine."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("CreateKeyPair", source=_HELP + "createkeypair")
    def create_key_pair(self, call: Call) -> Body:
        """A new pair with its private key, which is shown this once."""
        public_key, private_key = make_key_pair()
        pair = self._add(call, public_key)
        return {
            "KeyPairId": pair.key_pair_id,
            "KeyPairName": pair.key_pair_name,
            "KeyPairFingerPrint": pair.finger_print,
            "PrivateKeyBody": private_key,
        }

    @action("ImportKeyPair", source=_HELP + "importkeypair")
    def import_key_pair(self, call: Call) -> Body:
        """A pair of which only the public half is known."""
        if not is_public_key(call.params["PublicKeyBody"]):
            raise ApiError(400, "InvalidPublicKeyBody.Malformed", "The specified PublicKeyBody is not valid.")
        pair = self._add(call, call.params["PublicKeyBody"].strip())
        return {"KeyPairName": pair.key_pair_name, "KeyPairFingerPrint": pair.finger_print}

    @action("DescribeKeyPairs", source=_HELP + "describekeypairs")
    def describe_key_pairs(self, call: Call) -> Body:
        """The pairs that match every filter, newest first. KeyPairName may have `*` at its ends."""
        get_region(call.region_id)
        found = [
            pair
            for pair in list(self._state.key_pairs.values())[::-1]
            if pair.region_id == call.region_id and _matches(pair, call)
        ]
        page, fields = page_by_number(found, call.params, max_size=50)
        with_key = call.params.get("IncludePublicKey", False)
        return {"KeyPairs": {"KeyPair": [_view(pair, with_key=with_key) for pair in page]}, **fields}

    @action("DeleteKeyPairs", source=_HELP + "deletekeypairs")
    def delete_key_pairs(self, call: Call) -> Body:
        """Nothing; the pairs are gone. One that is bound refuses the whole call, one nobody knows does not matter."""
        get_region(call.region_id)
        pair_names = read_ids(call.params, "KeyPairNames", _MAX_PAIRS) or []
        bound = {instance.key_pair_name for instance in self._state.instances(call.region_id)}
        if bound & set(pair_names):
            raise ApiError(
                403,
                "InvalidParameter.KeypairAlreadyAttachedInstance",
                "The operation is not allowed due to at least one of the specified key pairs are attached to instances.",
            )
        for name in pair_names:
            self._state.key_pairs.pop((call.region_id, name), None)
        return {}

    @action("AttachKeyPair", source=_HELP + "attachkeypair")
    def attach_key_pair(self, call: Call) -> Body:
        """What became of each instance. A pair takes the place of the one that was bound; it counts from the next boot."""
        pair = self._state.get_key_pair(call.params["KeyPairName"], call.region_id)

        def attach(instance: Instance) -> None:
            if instance.os_type == "windows":
                raise ApiError(403, "InvalidOperation.OSNotSupported", "Windows instances take no key pairs.")
            instance.key_pair_name = pair.key_pair_name

        return self._change(call, attach)

    @action("DetachKeyPair", source=_HELP + "detachkeypair")
    def detach_key_pair(self, call: Call) -> Body:
        """What became of each instance."""
        pair = self._state.get_key_pair(call.params["KeyPairName"], call.region_id)

        def detach(instance: Instance) -> None:
            if instance.key_pair_name == pair.key_pair_name:
                instance.key_pair_name = ""

        return self._change(call, detach)

    def _change(self, call: Call, change: Any) -> Body:
        instance_ids = read_ids(call.params, "InstanceIds", _MAX_INSTANCES) or []
        results = answer_each(self._state, call.region_id, instance_ids, change)
        listed = [{**result, "Success": str(result["Success"]).lower()} for result in results]
        return {
            "KeyPairName": call.params["KeyPairName"],
            "TotalCount": str(len(results)),
            "FailCount": str(sum(not result["Success"] for result in results)),
            "Results": {"Result": listed},
        }

    def _add(self, call: Call, public_key: str) -> KeyPair:
        """Errors: 400 InvalidKeyPairName.Malformed, KeyPair.AlreadyExist; 403 QuotaExceed.KeyPair."""
        get_region(call.region_id)
        name = call.params["KeyPairName"]
        if not names.is_valid_name(name):
            raise ApiError(400, "InvalidKeyPairName.Malformed", "Specified Key Pair name is not valid.")
        if (call.region_id, name) in self._state.key_pairs:
            raise ApiError(400, "KeyPair.AlreadyExist", "The key pair already exist.")
        in_region = sum(region_id == call.region_id for region_id, _ in self._state.key_pairs)
        if in_region >= self._state.context.assumptions.key_pair_quota:
            raise ApiError(403, "QuotaExceed.KeyPair", "The maximum number of key pairs is exceeded.")
        pair = KeyPair(
            key_pair_id=self._state.context.ids.resource_id("ssh"),
            key_pair_name=name,
            region_id=call.region_id,
            public_key=public_key,
            created_at=self._state.context.clock.now(),
            resource_group_id=call.params.get("ResourceGroupId", ""),
            tags=read_tags(call.params.get("Tag", [])),
        )
        self._state.key_pairs[call.region_id, name] = pair
        return pair


def _matches(pair: KeyPair, call: Call) -> bool:
    params = call.params
    return (
        names.matches_wildcard(pair.key_pair_name, params.get("KeyPairName", "*"))
        and params.get("KeyPairFingerPrint", pair.finger_print) == pair.finger_print
        and params.get("ResourceGroupId", pair.resource_group_id) == pair.resource_group_id
        and carries(pair.tags, params.get("Tag", []))
    )


def _view(pair: KeyPair, *, with_key: bool) -> dict[str, Any]:
    return {
        "KeyPairName": pair.key_pair_name,
        "KeyPairFingerPrint": pair.finger_print,
        "CreationTime": timestamps.to_minute(pair.created_at),
        "ResourceGroupId": pair.resource_group_id,
        "Tags": tag_list(pair.tags),
        **({"PublicKey": pair.public_key} if with_key else {}),
    }
