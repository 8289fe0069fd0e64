"""The published JSON Schemas: of the configuration file, and of the lines `--output json` writes."""

from typing import Any

from pydantic import TypeAdapter

from deployer import events
from deployer.models.analysis import ProjectAnalysis
from deployer.models.report import Report

SCHEMA_VERSION = 1


def output_json_schema() -> dict[str, Any]:
    """A line is a step, an event, or the last one: a result or an error."""
    kinds = [one for one in vars(events).values() if isinstance(one, type) and issubclass(one, events.Event)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deployer --output json, one object a line",
        "schema_version": SCHEMA_VERSION,
        "oneOf": [
            _line("step", {"step": {"type": "integer"}, "total": {"type": "integer"}, "id": {"type": "string"}}),
            _line("event", {"event": {"enum": sorted(one.type for one in kinds if one is not events.Event)}}),
            _line("result", {"status": {"const": "success"}, "data": {}}),
            _line(
                "error",
                {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "hint": {"type": ["string", "null"]},
                    "retryable": {"type": "boolean"},
                    "next": {"type": "array", "items": {"type": "string"}},
                    "facts": {"type": "object"},
                    "exit_code": {"type": "integer"},
                },
            ),
        ],
        "events": {one.type: TypeAdapter(one).json_schema() for one in kinds if one is not events.Event},
        "data": {
            "detect": TypeAdapter(ProjectAnalysis).json_schema(),
            "deploy": TypeAdapter(Report).json_schema(mode="serialization"),
        },
    }


def _line(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", *properties],
        "properties": {
            "type": {"const": kind},
            "seq": {"type": "integer"},
            "at": {"type": "string", "format": "date-time"},
            "schema_version": {"type": "integer"},
            **properties,
        },
    }
