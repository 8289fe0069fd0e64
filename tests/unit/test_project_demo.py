"""The sample project in the package."""

from deployer.demo import demo_project_path
from deployer.project.analysis import analyze
from deployer.project.project_dir import ProjectDir


def test_the_sample_project_is_there_and_understood_from_its_readme() -> None:
    found = analyze(ProjectDir.open(demo_project_path()))
    assert (found.framework, found.start_command, found.port, found.bind_host, found.source) == (
        "flask",
        "python app.py",
        8080,
        "0.0.0.0",
        "readme",
    )
    assert found.install_command == "pip install -r requirements.txt"
    assert found.warnings == ()
