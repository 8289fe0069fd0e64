import requests


def main() -> None:
    requests.get("https://example.com", timeout=5)
