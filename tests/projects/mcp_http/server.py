from mcp.server.fastmcp import FastMCP

mcp = FastMCP("tides", port=8765)


@mcp.tool()
def high_water(harbour: str) -> str:
    return f"06:12 in {harbour}"


if __name__ == "__main__":
    mcp.run(transport="streamable-http")
