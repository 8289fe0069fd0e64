"""B26, S5: a secret in a configuration that git tracks or others may read is told as what it is: published."""

import shutil
import subprocess

import pytest

from deployer.config.load import load_config
from deployer.config.resolve import resolve_config
from deployer.operations.validate import validate

SECRET = "metadata: {name: shop, type: app, regionId: cn-hangzhou}\ndeployer:\n  env:\n    KEY: LTAI5tCanaryCanaryCan\n"


def secret_of(path):
    [problem] = [one for one in validate(path, {}) if one.code == "secret"]
    assert "Canary" not in str(problem.as_dict())
    assert problem.line == 4
    return problem


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_secret_that_git_tracks_is_in_the_history(tmp_path):
    path = tmp_path / ".appmanager" / "config.yaml"
    path.parent.mkdir()
    path.write_text(SECRET)
    git = ["git", "-C", str(tmp_path)]
    assert "git" not in secret_of(path).message
    subprocess.run([*git, "init", "-q"], check=True)
    assert "git" not in secret_of(path).message
    subprocess.run([*git, "add", "."], check=True)
    assert "git tracks the file" in secret_of(path).message
    assert "git rm --cached" in secret_of(path).hint


def test_a_secret_that_other_users_may_read_is_told(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(SECRET)
    for mode, told in ((0o644, True), (0o640, True), (0o600, False)):
        path.chmod(mode)
        assert any(one.code == "mode" for one in validate(path, {})) is told
        raw = load_config(path, environ={}, flags={"ecs": "new"})
        notices = resolve_config(raw, None, ("a", "b")).notices
        assert any("chmod 600" in notice for notice in notices) is told
