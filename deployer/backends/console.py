"""Pages of Alibaba Cloud's console for a deployment."""

from urllib.parse import quote

WENT_WELL = {"good", "deployed", "unchanged", "dry-run", ""}


def console_urls(
    application_name: str, group_name: str, status: str, deploy_region_id: str, execution_id: str | None = None
) -> tuple[tuple[str, str], ...]:
    """(label, URL): the overview after a success, the flow page while something waits or after a failure."""
    tab = "overview" if status in WENT_WELL else "flow"
    query = f"tabKey={tab}&appName={quote(application_name, safe='')}&groupName={quote(group_name, safe='')}"
    urls = [("application", f"https://computenest.console.aliyun.com/app/detail?{query}")]
    if execution_id:
        page = f"https://oos.console.aliyun.com/{deploy_region_id}/execution/detail/{quote(execution_id, safe='')}"
        urls.append(("execution", page))
    return tuple(urls)
