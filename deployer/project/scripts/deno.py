"""The Deno row of the start script: the machine's own Deno, else the one npm carries."""

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line


def deno_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `deno` on PATH; it comes as a package of npm, whose sums npm checks itself."""
    lines = [
        "# Deno.",
        'export PATH="$APP_DIR/.tools/node_modules/.bin:$HOME/.deno/bin:$PATH" DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1',
        f'if in_mainland; then export NPM_CONFIG_REGISTRY="${{NPM_CONFIG_REGISTRY:-{mirrors.NPM.address}}}"; fi',
        "if ! command -v deno > /dev/null 2>&1; then",
        "  command -v npm > /dev/null 2>&1 || install_packages npm || fail 'npm, which carries Deno, cannot be installed'",
        "  npm install --no-audit --no-fund --prefix .tools deno",
        "  command -v deno > /dev/null 2>&1 || fail 'Deno cannot be installed'",
        "fi",
    ]
    if analysis.install_command:
        lines.append(one_per_line(analysis.install_command))
    return "\n".join(lines) + "\n"
