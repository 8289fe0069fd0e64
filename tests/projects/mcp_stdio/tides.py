from fastmcp import FastMCP

server = FastMCP("tides")


@server.tool
def high_water(harbour: str) -> str:
    return f"06:12 in {harbour}"


if __name__ == "__main__":
    server.run()
