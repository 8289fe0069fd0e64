"""What is read out of a README in Markdown, reStructuredText and plain text: its code, with lines and headings."""

from pathlib import Path

import pytest

from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, find_readme
from deployer.project.readme.markdown import read_markdown
from deployer.project.readme.plain import read_plain
from deployer.project.readme.restructured import read_restructured
from deployer.project.readme.sections import Standing, is_negated, standing_of


def read(root: Path, text: str, name: str = "README.md", **files: str) -> Readme:
    for file, content in files.items():
        (root / file.replace("__", "/").replace("_py", ".py")).write_text(content)
    (root / name).write_text(text, encoding="utf-8")
    found = find_readme(ProjectDir.open(root))
    assert found is not None
    return found


def commands(readme: Readme) -> list[tuple[int, str]]:
    return [(one.line, one.text) for one in readme.commands]


MARKDOWN = """\
# Shop

Run `npm start`, or don't run `npm run build` at all.

## Install

1. Get it

   ```bash {title="x"}
   $ npm install
   added 3 packages
   $ npm run build \\
       --silent
   ```

<details>
<summary>Windows</summary>

    npm start

</details>

## Run <!-- hidden -->

| what | how |
| --- | --- |
| server | `npm start` |

<pre><code>npm start &amp;&amp; npm test</code></pre>

~~~python
python app.py
~~~
"""


def test_markdown_code_keeps_its_lines_headings_and_language() -> None:
    blocks = [
        (one.line, one.headings, one.language, one.is_inline, one.text.split("\n")[0])
        for one in read_markdown(MARKDOWN)
        if not one.is_loose
    ]
    assert blocks == [
        (3, (), "", True, "npm start"),
        (3, (), "", True, "npm run build"),
        (10, ("Install",), "bash", False, "$ npm install"),
        (19, ("Install", "Windows"), "", False, "npm start"),
        (27, ("Run <!-- hidden -->",), "", True, "npm start"),
        (29, ("Run <!-- hidden -->",), "", False, "npm start && npm test"),
        (32, ("Run <!-- hidden -->",), "python", False, "python app.py"),
    ]


def test_output_comments_and_other_languages_are_no_commands(tmp_path: Path) -> None:
    found = read(tmp_path, MARKDOWN)
    assert commands(found) == [
        (3, "npm start"), (10, "npm install"), (12, "npm run build --silent"), (19, "npm start"), (27, "npm start"),
        (29, "npm start"), (29, "npm test"),
    ]  # fmt: skip


RESTRUCTURED = """\
Shop
====

.. include:: /etc/passwd

.. pip install commented

Install
-------

First::

    $ pip install -r requirements.txt
    done

.. code-block:: bash
   :caption: start it
   :emphasize-lines: 1

   # as a server
   gunicorn shop:app

.. note::

   Or ``python shop.py`` for one.

Windows
~~~~~~~

.. code-block:: python

   python shop.py
"""


def test_restructured_text_is_read_by_its_own_rules(tmp_path: Path) -> None:
    """M33, B47: literal blocks, directives with any option, code in sentences; comments and includes are left alone."""
    blocks = {(one.line, one.headings, one.language) for one in read_restructured(RESTRUCTURED)}
    assert blocks == {
        (13, ("Install",), ""), (20, ("Install",), "bash"), (25, ("Install",), ""), (32, ("Install", "Windows"), "python"),
    }  # fmt: skip
    found = read(tmp_path, RESTRUCTURED, "README.rst", shop_py="app = 1")
    assert commands(found) == [
        (13, "pip install -r requirements.txt"), (21, "gunicorn shop:app"), (25, "python shop.py"),
    ]  # fmt: skip


PLAIN = """\
SHOP
A shop.

Install
=======
1. Run "npm install" first.
2) npm run build

== Start
   npm start
and python is great, make sure of it.
"""


def test_plain_text_is_read_line_by_line_under_its_titles(tmp_path: Path) -> None:
    assert {block.headings for block in read_plain(PLAIN)} == {(), ("Install",), ("Install", "Start")}
    found = read(tmp_path, PLAIN, "README")
    assert commands(found) == [(6, "npm install"), (7, "npm run build"), (10, "npm start")]


@pytest.mark.parametrize(
    ("headings", "standing"),
    [
        (("Usage",), Standing.PLAIN), (("Production",), Standing.PRODUCTION), (("Deploy to a server",), Standing.PRODUCTION),
        (("Development",), Standing.DEVELOPMENT), (("Development", "Production build"), Standing.PRODUCTION),
        (("Old way (deprecated)",), Standing.DISCOURAGED), (("Deprecated", "Production"), Standing.DISCOURAGED),
        (("Running the tests",), Standing.DISCOURAGED), (("Windows",), Standing.DISCOURAGED), (("Linux, macOS, Windows",), Standing.PLAIN),
        (("Testing locally",), Standing.PLAIN), (("快速开始",), Standing.PLAIN), (("生产部署",), Standing.PRODUCTION),
        (("本地开发",), Standing.DEVELOPMENT), (("运行测试",), Standing.DISCOURAGED), (("旧版启动方式（已弃用）",), Standing.DISCOURAGED),
    ],
)  # fmt: skip
def test_a_heading_says_for_whom_its_commands_are(headings: tuple[str, ...], standing: Standing) -> None:
    assert standing_of(headings) is standing


def test_the_title_of_the_document_says_nothing_of_its_sections(tmp_path: Path) -> None:
    found = read(tmp_path, "# legacy-test-client\n\n## Run\n\n    npm start\n")
    assert [way.standing for way in found.ways] == [Standing.PLAIN]


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        ("This is deprecated:", True),
        ("On Windows:", True),
        ("On Linux or Windows:", False),
        ("不推荐使用以下方式", True),
        ("Run it:", False),
    ],
)
def test_a_sentence_before_the_code_can_discourage_it(lead: str, *, expected: bool) -> None:
    assert (standing_of((), lead) is Standing.DISCOURAGED) is expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Do not use ", True), ("Use yarn instead of ", True), ("请勿运行 ", True), ("Not hard. Just run ", False), ("运行 ", False),
    ],
)  # fmt: skip
def test_code_that_a_sentence_warns_of_is_not_believed(sentence: str, *, expected: bool) -> None:
    assert is_negated(sentence) is expected


def test_commands_are_followed_through_clones_directories_variables_and_documents_in_place(tmp_path: Path) -> None:
    """A clone is the project itself, even where a directory has its name."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "web").mkdir()
    found = read(
        tmp_path,
        "```\ngit clone https://example.test/shop.git\ncd shop\nexport FLASK_APP=hello\n"
        "cat > x <<EOF\nnpm start\nEOF\nflask run\ncd web\nnpm start\n```\n\nThen\n\n    npm test\n\n## Next\n\n    npm ci\n",
    )
    assert [(one.text, one.shape.directory) for one in found.commands] == [
        ("flask run", None), ("npm start", "web"), ("npm test", "web"), ("npm ci", None),
    ]  # fmt: skip
    assert dict(found.commands[0].shape.environment) == {"FLASK_APP": "hello"}


def test_ports_settings_and_versions_are_mentioned_with_their_lines_and_without_values(tmp_path: Path) -> None:
    """M34."""
    found = read(
        tmp_path,
        "Needs Python 3.11+ and Node.js >= 18.\n\nOpen <http://localhost:8123/>; Redis is on localhost:6379.\n监听端口：9000\n\n"
        "```env\nAPI_KEY=secret\nDEBUG=1\n```\n\nSet `DATABASE_URL` too. x == 1\n",
    )
    assert found.ports == ((8123, 3), (9000, 4))
    assert found.variables == (("API_KEY", 7), ("DEBUG", 8), ("DATABASE_URL", 11))
    assert [(one.name, one.version, one.line) for one in found.runtimes] == [
        ("Python", "3.11", 1),
        ("Node.js", "18", 1),
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["readme.md"], "readme.md"), (["README.txt", "README.rst"], "README.rst"), (["README.zh-CN.md", "README.en.md"], "README.en.md"),
        (["README.MD", "docs/README.md"], "README.MD"), (["docs/Readme.markdown"], "docs/Readme.markdown"), (["README.pdf"], None),
    ],
)  # fmt: skip
def test_the_first_readme_that_names_a_command_is_read(tmp_path: Path, names: list[str], expected: str | None) -> None:
    """B47: any case, several languages, other places."""
    (tmp_path / "app.py").touch()
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# Shop\n\n.. code::\n\n    npm start\n")
    found = find_readme(ProjectDir.open(tmp_path))
    assert (found.file if found else None) == expected


def test_a_readme_without_a_command_gives_way_to_one_that_has_some(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("See README.zh.md\n")
    (tmp_path / "README.zh.md").write_text("## 启动\n\n```\nnpm start\n```\n")
    found = find_readme(ProjectDir.open(tmp_path))
    assert found is not None
    assert (found.file, commands(found)) == ("README.zh.md", [(4, "npm start")])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gbk", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end_is_read(tmp_path: Path, encoding: str, end: str) -> None:
    """B47."""
    title = "Café à la carte" if encoding == "latin-1" else "启动"
    text = end.join([f"# {title}", "", "```bash", "npm start", "```", ""])
    (tmp_path / "README.md").write_bytes(text.encode(encoding))
    found = find_readme(ProjectDir.open(tmp_path))
    assert found is not None
    assert commands(found) == [(4, "npm start")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. npm install\n2. npm start\n", [(1, "npm install"), (2, "npm start")]),
        ("**Run it**\n\nnpm start\n", [(3, "npm start")]),
        ("```console\n# npm install\nadded 3\n# npm start\n```\n", [(2, "npm install"), (4, "npm start")]),
        ("```sh\n# npm install\nnpm start\n```\n", [(3, "npm start")]),
        ("npm start runs it.\n\nYou can python app.py too\n\ngo run the server\n\nmake test.\n", []),
        ("~~`npm run old`~~ `npm start`\n", [(1, "npm start")]),
        (
            "Files are made by `make.sh -n`. Run `./go.sh -n`; 运行：`./run.sh -n`\n",
            [(1, "./go.sh -n"), (1, "./run.sh -n")],
        ),
        ("Use `npm start` instead of `npm run serve`.\n", [(1, "npm start")]),
        (
            "<details><summary><b>Windows</b></summary>x</details><details><summary>Linux</summary>\n\n    npm start\n",
            [(3, "npm start")],
        ),
        ('=== "npm"\n\n    npm start\n', [(3, "npm start")]),
    ],
)
def test_code_without_a_mark_is_told_from_prose(tmp_path: Path, text: str, expected: list[tuple[int, str]]) -> None:
    assert commands(read(tmp_path, text)) == expected


def test_what_folds_away_is_a_heading_of_its_own(tmp_path: Path) -> None:
    fold = "<details><summary><b>{}</b></summary>\n\n    npm start\n\n</details>\n"
    found = read(tmp_path, fold.format("Windows") + fold.format("Linux") + "\n    npm test\n")
    assert {way.section: way.standing for way in found.ways} == {
        "Windows": Standing.DISCOURAGED, "Linux": Standing.PLAIN, "": Standing.PLAIN,
    }  # fmt: skip
