"""The PHP row of the start script: PHP with the usual extensions, and Composer by its signature."""

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line

_STREAMS = ("8.4", "8.3", "8.2", "8.1", "8.0")  # of `dnf module`; the newest there is wins
_RPM = "php-cli php-mbstring php-xml php-pdo php-mysqlnd php-pgsql php-intl php-bcmath php-gd php-zip php-opcache php-process"
_DEB = "php-cli php-mbstring php-xml php-sqlite3 php-mysql php-pgsql php-intl php-bcmath php-gd php-zip php-curl"
_EXTENSIONS = ("mbstring", "dom", "pdo", "tokenizer")


def php_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `php`, with `composer` where the project has a `composer.json`, and the packages installed."""
    lines = _find_php()
    if analysis.install_command:
        lines += [*_composer(), one_per_line(analysis.install_command)]
    return "\n".join(lines) + "\n"


def _find_php() -> list[str]:
    loaded = " && ".join(f'extension_loaded("{name}")' for name in _EXTENSIONS)
    return [
        "# PHP with the extensions frameworks take for granted.",
        "has_php() {",
        f"  php -r 'exit(PHP_MAJOR_VERSION >= 7 && {loaded} ? 0 : 1);' > /dev/null 2>&1",
        "}",
        "if ! has_php; then",
        "  if command -v dnf > /dev/null 2>&1; then",
        f"    for stream in {' '.join(_STREAMS)}; do",
        '      if dnf module enable -y -q "php:$stream" > /dev/null 2>&1; then break; fi',
        "    done",
        "  fi",
        "  if command -v apt-get > /dev/null 2>&1 && ! command -v dnf > /dev/null 2>&1 && ! command -v yum > /dev/null 2>&1; then",
        f"    install_packages {_DEB} || install_packages php-cli php-mbstring php-xml",
        "  else",
        "    install_packages php-cli php-mbstring php-xml php-pdo",
        f"    for package in {_RPM}; do",
        '      install_packages "$package" || echo "there is no $package here"',
        "    done",
        "  fi",
        '  has_php || fail "PHP with mbstring and dom cannot be installed"',
        "fi",
    ]


def _composer() -> list[str]:
    """Source of the signature: https://getcomposer.org/doc/faqs/how-to-install-composer-programmatically.md."""
    return [
        "# Composer: the machine's own, else by its installer, whose SHA-384 is published on another host.",
        "export COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1 COMPOSER_PROCESS_TIMEOUT=600",
        "if ! command -v composer > /dev/null 2>&1; then",
        "  command -v unzip > /dev/null 2>&1 || install_packages unzip || true",
        "  fetch https://composer.github.io/installer.sig composer-setup.sig || fail 'cannot download the signature of Composer'",
        "  fetch https://getcomposer.org/installer composer-setup.php || fail 'cannot download Composer'",
        '  if [ "$(php -r \'echo hash_file("sha384", "composer-setup.php");\')" != "$(tr -dc \'0-9a-f\' < composer-setup.sig)" ]; then',
        "    rm -f composer-setup.php composer-setup.sig",
        '    fail "the installer of Composer does not have the published SHA-384: it is not used"',
        "  fi",
        "  php composer-setup.php --quiet --install-dir=/usr/local/bin --filename=composer",
        "  rm -f composer-setup.php composer-setup.sig",
        "fi",
        'if in_mainland && ! composer config --global repositories 2> /dev/null | grep -q "packagist"; then',
        f"  composer config --global repo.packagist composer {mirrors.COMPOSER.address} || true",
        "fi",
    ]
