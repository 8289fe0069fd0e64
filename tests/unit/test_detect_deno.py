"""Deno projects: the task or module that is run."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree


def test_the_example_runs_its_start_task_not_the_one_for_development() -> None:
    found = analyze_example("deno_api")
    assert (found.language, found.start_command, found.port) == ("deno", "deno task start", 8020)


@pytest.mark.parametrize(
    ("files", "start", "port"),
    [
        ({"deno.json": "{}", "main.ts": "Deno.serve(() => new Response());\n"}, "deno run -A main.ts", 8000),
        ({"deno.json": "{}", "main.ts": "await app.listen({ port: 8021 });\n"}, "deno run -A main.ts", 8021),
        ({"deno.jsonc": "// x\n{}", "worker.ts": "", "main.ts": "console.log(1);\n"}, "deno run -A main.ts", None),
        ({"index.ts": 'import { serve } from "https://deno.land/std/http/server.ts";\nserve(f);\n'}, "deno run -A index.ts", 8000),
        ({"deno.json": "{}", "s.ts": "Deno.serve(f);\n", "README.md": "```\ndeno run --allow-net s.ts\n```\n"},
         "deno run --allow-net s.ts", 8000),
    ],
)  # fmt: skip
def test_the_start_and_the_port_fit_the_tree(
    tmp_path: Path, files: dict[str, str], start: str, port: int | None
) -> None:
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.port) == (start, port)


def test_an_address_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    files = {"deno.json": "{}", "main.ts": 'Deno.serve({ hostname: "127.0.0.1", port: 8022 }, f);\n'}
    found = analyze_tree(tmp_path, files)
    assert (found.port, found.bind_host) == (8022, "127.0.0.1")
    assert any("cannot be reached" in one for one in found.warnings)


def test_typescript_of_another_runtime_is_not_denos(tmp_path: Path) -> None:
    assert analyze_tree(tmp_path, {"main.ts": "console.log(1);\n"}).language != "deno"
