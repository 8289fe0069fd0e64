"""YAML as plain values; the parser is loaded with the first text, as most projects have none that matters."""


def load_yaml(text: str) -> tuple[object, str | None]:
    """The value and None, or None and what is wrong with the text."""
    import yaml

    try:
        return yaml.safe_load(text), None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return None, str(error)
