import click


@click.command()
@click.option("--port", default=8000)
@click.option("--transport", default="stdio")
def main(port: int, transport: str) -> None:
    import uvicorn

    uvicorn.run("tides_mcp.app:app", host="0.0.0.0", port=port)
