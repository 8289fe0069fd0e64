"""Route tables and their entries, and the virtual router each VPC has one of."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.paging import page_by_number, page_by_token
from deployer.emulator.services.refusals import missing_parameter, not_implemented, refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.tagging import carries, read_tags
from deployer.emulator.services.vpc.routes import RouteEntry, RouteTable
from deployer.emulator.services.vpc.state import VpcState

_HELP = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-"
_HOPS = frozenset({"Instance", "NetworkInterface"})
_MAX_TABLES = 9  # Source: https://www.alibabacloud.com/help/en/vpc/user-guide/limits (custom tables of a VPC)
_MAX_ENTRIES = 200  # Source: the same page (custom entries of a table)


class RouteActions:
    """The operations on routes."""

    def __init__(self, state: VpcState) -> None:
        self._state = state

    @action("CreateRouteTable", source=_HELP + "createroutetable")
    def create_table(self, call: Call) -> Body:
        """The id of a table that no vSwitch has yet."""
        if call.params.get("AssociateType", "VSwitch") != "VSwitch":
            raise not_implemented(call, "AssociateType=Gateway")
        return self._state.tokens.once(call, lambda: self._create_table(call))

    @action("DeleteRouteTable", source=_HELP + "deleteroutetable")
    def delete_table(self, call: Call) -> Body:
        """Nothing; a custom table that no vSwitch has is gone."""
        table = self._get(call)
        if table.is_system:
            raise ApiError(400, "OperationDenied.SystemRouteTable", "The system route table cannot be deleted.")
        if table.vswitch_ids:
            raise ApiError(400, "DependencyViolation.VSwitch", "Specified object has dependent resources.")
        del self._state.route_tables[table.route_table_id]
        return {}

    @action("ModifyRouteTableAttributes", source=_HELP + "modifyroutetableattributes")
    def modify_table(self, call: Call) -> Body:
        """Nothing; name and description are as given."""
        refuse_unsupported(call, "RoutePropagationEnable")
        table = self._get(call)
        _check_texts(call, "RouteTableName")
        table.name = call.params.get("RouteTableName", table.name)
        table.description = call.params.get("Description", table.description)
        return {}

    @action("AssociateRouteTable", source=_HELP + "associateroutetable")
    def associate(self, call: Call) -> Body:
        """Nothing; the vSwitch has the custom table instead of the VPC's own."""
        table, vswitch_id = self._get(call), call.params["VSwitchId"]
        vswitch = self._state.find_vswitch(vswitch_id, table.region_id)
        if vswitch is None or vswitch.vpc is not table.vpc:
            raise ApiError(404, "InvalidVSwitchId.NotFound", "Specified virtual switch does not exist.")
        if table.is_system:
            raise ApiError(400, "OperationDenied.SystemRouteTable", "The system route table cannot be associated.")
        if any(vswitch_id in other.vswitch_ids for other in self._state.route_tables.values()):
            raise ApiError(400, "InvalidOperation.VSwitchAlreadyAssociated", "The VSwitch has a custom table already.")
        table.vswitch_ids.append(vswitch_id)
        return {}

    @action("UnassociateRouteTable", source=_HELP + "unassociateroutetable")
    def unassociate(self, call: Call) -> Body:
        """Nothing; the vSwitch has the VPC's own table again."""
        table, vswitch_id = self._get(call), call.params["VSwitchId"]
        if vswitch_id not in table.vswitch_ids:
            raise ApiError(400, "InvalidOperation.NotAssociated", "The route table is not associated with the VSwitch.")
        table.vswitch_ids.remove(vswitch_id)
        return {}

    @action("DescribeRouteTableList", source=_HELP + "describeroutetablelist")
    def list_tables(self, call: Call) -> Body:
        """The tables that match every filter."""
        found = [table for table in self._tables(call) if carries(table.tags, call.params.get("Tag", []))]
        page, fields = page_by_number(found, call.params, max_size=50)
        return {"RouterTableList": {"RouterTableListType": [self._view_listed(table) for table in page]}, **fields}

    @action("DescribeRouteTables", source=_HELP + "describeroutetables")
    def describe_tables(self, call: Call) -> Body:
        """The older form of the list: each table with its entries."""
        page, fields = page_by_number(self._tables(call), call.params, max_size=50)
        return {"RouteTables": {"RouteTable": [self._view_old(table) for table in page]}, **fields}

    @action("CreateRouteEntry", source=_HELP + "createrouteentry")
    def create_entry(self, call: Call) -> Body:
        """The id of a route to an instance or an interface."""
        refuse_unsupported(call, "NextHopList")
        return self._state.tokens.once(call, lambda: self._create_entry(call))

    @action("DeleteRouteEntry", source=_HELP + "deleterouteentry")
    def delete_entry(self, call: Call) -> Body:
        """Nothing; the custom route is gone: the one of that id, or to that destination by that hop."""
        refuse_unsupported(call, "NextHopList")
        params = call.params
        if "RouteEntryId" not in params and not {"RouteTableId", "DestinationCidrBlock"} <= params.keys():
            raise missing_parameter("RouteEntryId")
        for table in self._tables(call, filtered=False):
            for entry in table.custom_entries:
                if _is_meant(entry, table, call):
                    stop_dry_run(call)
                    table.custom_entries.remove(entry)
                    return {}
        raise ApiError(404, "InvalidRouteEntry.NotFound", "The route entry does not exist.")

    @action("DescribeRouteEntryList", source=_HELP + "describerouteentrylist")
    def list_entries(self, call: Call) -> Body:
        """The entries of one table that match every filter, custom ones first."""
        refuse_unsupported(call, "ServiceType", "DestCidrBlockList")
        table, params = self._get(call), call.params
        found = [
            entry
            for entry in table.entries(self._state.vswitches_of(table.vpc))
            if params.get("DestinationCidrBlock", str(entry.destination)) == str(entry.destination)
            and params.get("RouteEntryId", entry.route_entry_id) == entry.route_entry_id
            and params.get("RouteEntryName", entry.name) == entry.name
            and params.get("NextHopId", entry.next_hop_id) == entry.next_hop_id
            and params.get("NextHopType", entry.next_hop_type) == entry.next_hop_type
            and params.get("RouteEntryType", _type(entry)) == _type(entry)
            and params.get("IpVersion", "ipv4").lower() == "ipv4"
        ]
        paging = {**params, "MaxResults": params.get("MaxResult", 50)}
        page, token = page_by_token(found, paging, key=lambda entry: entry.route_entry_id)
        views = [self._view_entry(entry, table) for entry in page]
        return {"RouteEntrys": {"RouteEntry": views}, "NextToken": token, "TotalCount": len(found)}

    @action("DescribeVRouters", source=_HELP + "describevrouters")
    def describe_routers(self, call: Call) -> Body:
        """The router of each VPC."""
        get_region(call.region_id)
        found = [
            vpc
            for vpc in self._state.vpcs_in(call.region_id)
            if call.params.get("VRouterId", vpc.virtual_router_id) == vpc.virtual_router_id
        ]
        page, fields = page_by_number(found, call.params, max_size=50)
        routers = [
            {
                "VRouterId": vpc.virtual_router_id,
                "VRouterName": "",
                "Description": "",
                "VpcId": vpc.vpc_id,
                "RegionId": vpc.region_id,
                "CreationTime": timestamps.to_second(vpc.created_at),
                "RouteTableIds": {"RouteTableId": [one.route_table_id for one in self._state.route_tables_of(vpc)]},
            }
            for vpc in page
        ]
        return {"VRouters": {"VRouter": routers}, **fields}

    def _get(self, call: Call) -> RouteTable:
        """Errors: 404 InvalidRouteTableId.NotFound."""
        table = self._state.find_route_table(call.params["RouteTableId"], region_asked(call))
        if table is None:
            raise ApiError(404, "InvalidRouteTableId.NotFound", "Specified route table does not exist.")
        return table

    def _tables(self, call: Call, *, filtered: bool = True) -> list[RouteTable]:
        get_region(call.region_id)
        params = call.params if filtered else {}
        return [
            table
            for vpc in self._state.vpcs_in(call.region_id)
            for table in self._state.route_tables_of(vpc)
            if params.get("RouteTableId", table.route_table_id) == table.route_table_id
            and params.get("RouteTableName", table.name) == table.name
            and params.get("RouteTableType", _kind(table)) == _kind(table)
            and params.get("VpcId", vpc.vpc_id) == vpc.vpc_id
            and params.get("RouterId", vpc.virtual_router_id) == vpc.virtual_router_id
            and params.get("VRouterId", vpc.virtual_router_id) == vpc.virtual_router_id
            and params.get("RouterType", "VRouter") == "VRouter"
            and params.get("ResourceGroupId", vpc.resource_group_id) == vpc.resource_group_id
        ]

    def _create_table(self, call: Call) -> Body:
        vpc = self._state.get_vpc(call.params["VpcId"], call.region_id)
        _check_texts(call, "RouteTableName")
        if len(self._state.route_tables_of(vpc)) > _MAX_TABLES:
            raise ApiError(400, "QuotaExceeded.RouteTable", "Route table quota exceeded.")
        table = RouteTable(
            route_table_id=self._state.context.ids.resource_id("vtb", 21),
            vpc=vpc,
            is_system=False,
            created_at=self._state.context.clock.now(),
            name=call.params.get("RouteTableName", ""),
            description=call.params.get("Description", ""),
            tags=read_tags(call.params.get("Tag", []), strict_values=True),
        )
        self._state.route_tables[table.route_table_id] = table
        return {"RouteTableId": table.route_table_id}

    def _is_instance(self, instance_id: str, region_id: str) -> bool:
        found = self._state.find_bindable(instance_id, region_id)
        return found is not None and found.bindable_type == "EcsInstance"

    def _create_entry(self, call: Call) -> Body:
        params, table = call.params, self._get(call)
        hop_type, hop_id = params.get("NextHopType", "Instance"), params.get("NextHopId")
        if hop_type not in _HOPS:
            raise not_implemented(call, f"NextHopType={hop_type}")
        if hop_id is None:
            raise missing_parameter("NextHopId")
        if hop_type == "Instance" and not self._is_instance(hop_id, table.region_id):
            raise ApiError(404, "InvalidNexthop.NotFound", "Specified nexthop does not exist.")
        _check_texts(call, "RouteEntryName")
        destination = _destination(params["DestinationCidrBlock"])
        existing = [entry.destination for entry in table.entries(self._state.vswitches_of(table.vpc))]
        if destination in existing:
            raise ApiError(400, "InvalidCidrBlock.Duplicate", "Specified CIDR block is already exists.")
        if len(table.custom_entries) >= _MAX_ENTRIES:
            raise ApiError(400, "QuotaExceeded", "Route entry quota exceeded in this route table.")
        stop_dry_run(call)
        entry = RouteEntry(
            route_entry_id=self._state.context.ids.resource_id("rte", 21),
            destination=destination,
            next_hop_type=hop_type,
            next_hop_id=hop_id,
            is_custom=True,
            name=params.get("RouteEntryName", ""),
            description=params.get("Description", ""),
        )
        table.custom_entries.append(entry)
        return {"RouteEntryId": entry.route_entry_id}

    def _vswitch_ids(self, table: RouteTable) -> list[str]:
        """The vSwitches that have the table; the VPC's own belongs to those that were given no other."""
        if not table.is_system:
            return list(table.vswitch_ids)
        elsewhere = {one for other in self._state.route_tables.values() for one in other.vswitch_ids}
        return [one.vswitch_id for one in self._state.vswitches_of(table.vpc) if one.vswitch_id not in elsewhere]

    def _view_listed(self, table: RouteTable) -> dict[str, Any]:
        return {
            "RouteTableId": table.route_table_id,
            "RouteTableName": table.name,
            "RouteTableType": _kind(table),
            "Description": table.description,
            "VpcId": table.vpc.vpc_id,
            "RouterId": table.vpc.virtual_router_id,
            "RouterType": "VRouter",
            "AssociateType": "VSwitch",
            "Status": "Available",
            "OwnerId": int(self._state.context.account_id),
            "ResourceGroupId": table.vpc.resource_group_id,
            "CreationTime": timestamps.to_second(table.created_at),
            "VSwitchIds": {"VSwitchId": self._vswitch_ids(table)},
            "Tags": {"Tag": [{"Key": key, "Value": value} for key, value in table.tags.items()]},
        }

    def _view_old(self, table: RouteTable) -> dict[str, Any]:
        entries = [
            {
                "RouteTableId": table.route_table_id,
                "RouteEntryId": entry.route_entry_id,
                "RouteEntryName": entry.name,
                "Description": entry.description,
                "DestinationCidrBlock": str(entry.destination),
                "InstanceId": entry.next_hop_id,
                "NextHopType": entry.next_hop_type,
                "NextHops": {"NextHop": []},
                "Status": "Available",
                "Type": _type(entry),
            }
            for entry in table.entries(self._state.vswitches_of(table.vpc))
        ]
        return {
            "RouteTableId": table.route_table_id,
            "RouteTableType": _kind(table),
            "VRouterId": table.vpc.virtual_router_id,
            "Status": "Available",
            "ResourceGroupId": table.vpc.resource_group_id,
            "CreationTime": timestamps.to_second(table.created_at),
            "VSwitchIds": {"VSwitchId": self._vswitch_ids(table)},
            "RouteEntrys": {"RouteEntry": entries},
        }

    def _view_entry(self, entry: RouteEntry, table: RouteTable) -> dict[str, Any]:
        hops: Sequence[dict[str, Any]] = [
            {"NextHopId": entry.next_hop_id, "NextHopType": entry.next_hop_type, "Enabled": 1, "Weight": 0}
        ]
        return {
            "RouteTableId": table.route_table_id,
            "RouteEntryId": entry.route_entry_id,
            "RouteEntryName": entry.name,
            "Description": entry.description,
            "DestinationCidrBlock": str(entry.destination),
            "IpVersion": "ipv4",
            "Status": "Available",
            "Type": _type(entry),
            "NextHops": {"NextHop": list(hops)},
        }


def _kind(table: RouteTable) -> str:
    return "System" if table.is_system else "Custom"


def _type(entry: RouteEntry) -> str:
    return "Custom" if entry.is_custom else "System"


def _is_meant(entry: RouteEntry, table: RouteTable, call: Call) -> bool:
    params = call.params
    return bool(
        params.get("RouteEntryId", entry.route_entry_id) == entry.route_entry_id
        and params.get("RouteTableId", table.route_table_id) == table.route_table_id
        and params.get("DestinationCidrBlock", str(entry.destination)) == str(entry.destination)
        and params.get("NextHopId", entry.next_hop_id) == entry.next_hop_id
    )


def _destination(text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError:
        raise ApiError(400, "InvalidCidrBlock.Malformed", "Specified CIDR block is not valid.") from None


def _check_texts(call: Call, name: str) -> None:
    """Errors: 400 Invalid<Name>.Malformed, InvalidDescription.Malformed."""
    if name in call.params and not names.is_valid_network_name(call.params[name]):
        raise ApiError(400, f"Invalid{name}.Malformed", f"Specified {name} is not valid.")
    if "Description" in call.params and not names.is_valid_network_description(call.params["Description"]):
        raise ApiError(400, "InvalidDescription.Malformed", "Specified description is not valid.")
