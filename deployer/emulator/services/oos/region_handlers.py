"""Where OOS is: every region of the emulated cloud."""

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.regions import REGIONS


class RegionActions:
    """The regions one can start executions in."""

    @action(
        "DescribeRegions",
        source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-describeregions",
    )
    def describe_regions(self, call: Call) -> Body:
        """Names in Chinese unless English is asked for."""
        english = call.params.get("AcceptLanguage") == "en-US"
        return {
            "Regions": [
                {
                    "RegionId": region.region_id,
                    "LocalName": region.english_name if english else region.chinese_name,
                    "RegionEndpoint": f"oos.{region.region_id}.aliyuncs.com",
                }
                for region in REGIONS.values()
            ]
        }
