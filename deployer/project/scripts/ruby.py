"""The Ruby row of the start script: Ruby with what native gems need, Bundler, and a mirror close by."""

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line

_STREAMS = ("3.4", "3.3", "3.2", "3.1", "3.0")
_RPM = "ruby ruby-devel rubygems gcc gcc-c++ make redhat-rpm-config libyaml-devel sqlite-devel openssl-devel zlib-devel git"
_DEB = "ruby-full build-essential libyaml-dev libsqlite3-dev libssl-dev zlib1g-dev git"


def ruby_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `ruby` and `bundle` on PATH and the gems in the project's own `vendor/bundle`."""
    lines = [
        "# Ruby, and a compiler for gems that need one.",
        "has_ruby() {",
        "  ruby -e 'exit Integer(RUBY_VERSION.split(\".\")[0]) >= 3' > /dev/null 2>&1",
        "}",
        "if ! has_ruby; then",
        "  if command -v dnf > /dev/null 2>&1; then",
        f"    for stream in {' '.join(_STREAMS)}; do",
        '      if dnf module enable -y -q "ruby:$stream" > /dev/null 2>&1; then break; fi',
        "    done",
        "  fi",
        "  if command -v dnf > /dev/null 2>&1 || command -v yum > /dev/null 2>&1; then",
        f"    install_packages {_RPM}",
        "  else",
        f"    install_packages {_DEB}",
        "  fi",
        '  has_ruby || fail "Ruby 3 cannot be installed"',
        "fi",
    ]
    if analysis.install_command:
        lines += [
            f"APP_GEMS={mirrors.GEMS.usual}",
            f"if in_mainland; then APP_GEMS={mirrors.GEMS.address}; fi",
            "if ! command -v bundle > /dev/null 2>&1; then",
            '  gem install bundler --no-document --source "${GEM_SOURCE:-$APP_GEMS}"',
            "fi",
            'export BUNDLE_PATH="${BUNDLE_PATH:-vendor/bundle}" BUNDLE_WITHOUT="${BUNDLE_WITHOUT:-development:test}"',
            "export BUNDLE_JOBS=2 BUNDLE_RETRY=2 BUNDLE_TIMEOUT=60 BUNDLE_SILENCE_ROOT_WARNING=1",
            'if in_mainland && ! bundle config get mirror.https://rubygems.org 2> /dev/null | grep -q "^Set for"; then',
            '  bundle config set --local mirror.https://rubygems.org "$APP_GEMS"',
            "fi",
            one_per_line(analysis.install_command),
        ]
    if analysis.framework == "rails":
        lines += _secret()
    return "\n".join(lines) + "\n"


def _secret() -> list[str]:
    """Rails signs sessions with a secret; one made once outlives the release, so that nobody is logged out by a deploy."""
    return [
        "# The secret Rails signs with: the user's own, else one made once for this machine.",
        'if [ -z "${SECRET_KEY_BASE:-}" ]; then',
        '  mkdir -p "$APP_BASE/shared"',
        '  if [ ! -s "$APP_BASE/shared/secret_key_base" ]; then',
        "    (umask 077 && head -c 64 /dev/urandom | od -An -tx1 | tr -d ' \\n' > \"$APP_BASE/shared/secret_key_base\")",
        "  fi",
        '  SECRET_KEY_BASE="$(cat "$APP_BASE/shared/secret_key_base")"',
        "  export SECRET_KEY_BASE",
        "fi",
    ]
