"""The Java row of the start script: a JDK that fits, Maven or Gradle with mirrors close by, a heap the machine can hold."""

import re

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line

_DEFAULT = 17
_LONG_SUPPORTED = (8, 11, 17, 21, 25)
_CENTRAL = mirrors.MAVEN.address
_PLUGINS = mirrors.GRADLE_PLUGINS.address
_SETTINGS_XML = f"<settings><mirrors><mirror><id>aliyun</id><mirrorOf>central</mirrorOf><url>{_CENTRAL}</url></mirror></mirrors></settings>"
# The repositories a build names stay; only the address of the central one changes, so that no rule of a build is broken.
_GRADLE_INIT = (
    "def close = { r -> if (r instanceof MavenArtifactRepository && "
    'r.url.toString().startsWith("https://repo.maven.apache.org/maven2")) r.url = uri("' + _CENTRAL + '") }',
    'beforeSettings { s -> s.pluginManagement.repositories { maven { url = uri("' + _PLUGINS + '") }; '
    "gradlePluginPortal(); mavenCentral() }; s.pluginManagement.repositories.all(close) }",
    (
        'settingsEvaluated { s -> if (s.hasProperty("dependencyResolutionManagement")) '
        "s.dependencyResolutionManagement.repositories.all(close) }"
    ),
    "allprojects { buildscript.repositories.all(close); repositories.all(close) }",
)


def java_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `java` and, for a build, its tool on PATH."""
    builds = analysis.build_command is not None
    lines = [*_find_java(wanted_release(analysis.language_version), compiles=builds), *_HEAP]
    if builds and analysis.package_manager == "maven":
        lines += _maven()
    elif builds and analysis.package_manager == "gradle":
        lines += _gradle()
    if analysis.install_command:
        lines.append(one_per_line(analysis.install_command))
    return "\n".join(lines) + "\n"


def wanted_release(constraint: str | None) -> int:
    """The Java release a constraint names; 17 without one."""
    match = re.search(r"\d+", constraint or "")
    return int(match[0]) if match and 0 < int(match[0]) < 100 else _DEFAULT


_HEAP = [
    "# A heap the machine can hold (1 GiB of memory: 384 MiB) unless the application names its own with -Xmx.",
    "APP_MEMORY_MIB=\"$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo 2> /dev/null || true)\"",
    'if [ -z "${JAVA_TOOL_OPTIONS:-}" ] && [ -n "$APP_MEMORY_MIB" ] && [ "$APP_MEMORY_MIB" -lt 3500 ]; then',
    '  APP_HEAP_MIB="$((APP_MEMORY_MIB * 2 / 5))"',
    '  if [ "$APP_MEMORY_MIB" -le 1024 ]; then APP_HEAP_MIB=384; fi',
    '  export JAVA_TOOL_OPTIONS="-Xmx${APP_HEAP_MIB}m"',
    "fi",
]


def _find_java(release: int, *, compiles: bool) -> list[str]:
    releases = " ".join(str(one) for one in _LONG_SUPPORTED if one >= release) or str(release)
    program = "javac" if compiles else "java"
    return [
        f"# Java {release} or newer{', with a compiler' if compiles else ''}: what is there, else what the system can install.",
        "find_java() {",
        "  local candidate found",
        f'  for candidate in "${{JAVA_HOME:-/nowhere}}/bin/{program}" "$(command -v {program} || true)" /usr/lib/jvm/*/bin/{program}; do',
        '    [ -x "$candidate" ] || continue',
        '    found="$("$candidate" -version 2>&1 | sed -n -E \'s/.*(version "|javac )(1\\.)?([0-9]+).*/\\3/p\' | head -n 1)"',
        f'    if [ "${{found:-0}}" -ge {release} ]; then',
        '      readlink -f "$candidate"',
        "      return 0",
        "    fi",
        "  done",
        "  return 1",
        "}",
        'APP_JAVA="$(find_java || true)"',
        f'APP_JAVA_RELEASES="{releases}"',
        "for release in $APP_JAVA_RELEASES; do",
        '  if [ -z "$APP_JAVA" ]; then',
        "    if command -v apt-get > /dev/null 2>&1; then",
        '      install_packages "openjdk-$release-jdk-headless" || true',
        '    elif [ "$release" = 8 ]; then',
        "      install_packages java-1.8.0-openjdk-devel || true",
        "    else",
        '      install_packages "java-$release-openjdk-devel" || true',
        "    fi",
        '    APP_JAVA="$(find_java || true)"',
        "  fi",
        "done",
        f'[ -n "$APP_JAVA" ] || fail "no Java {release} or newer, and none could be installed"',
        'JAVA_HOME="$(dirname "$(dirname "$APP_JAVA")")"',
        'export JAVA_HOME PATH="$JAVA_HOME/bin:$PATH"',
    ]


def _maven() -> list[str]:
    return [
        "# Maven, in the mainland with a mirror unless the machine has settings of its own.",
        "if [ -f mvnw ]; then chmod +x mvnw; else command -v mvn > /dev/null 2>&1 || install_packages maven; fi",
        f'if in_mainland; then export MVNW_REPOURL="${{MVNW_REPOURL:-{mirrors.MAVEN_TOOL.address}}}"; fi',
        'if in_mainland && [ ! -e "$HOME/.m2/settings.xml" ]; then',
        '  mkdir -p "$HOME/.m2"',
        f"  printf '%s\\n' '{_SETTINGS_XML}' > \"$HOME/.m2/settings.xml\"",
        "fi",
    ]


def _gradle() -> list[str]:
    written = " ".join(f"'{line}'" for line in _GRADLE_INIT)
    return [
        "# Gradle, in the mainland with mirrors unless the machine has settings of its own.",
        'if [ -f gradlew ]; then chmod +x gradlew; else command -v gradle > /dev/null 2>&1 || install_packages gradle || fail "Gradle cannot be installed: add its wrapper to the project"; fi',
        *_gradle_wrapper(),
        'if in_mainland && [ ! -e "$HOME/.gradle/init.gradle" ] && [ ! -e "$HOME/.gradle/init.d" ]; then',
        '  mkdir -p "$HOME/.gradle/init.d"',
        f"  printf '%s\\n' {written} > \"$HOME/.gradle/init.d/deployer-mirrors.gradle\"",
        "fi",
    ]


def _gradle_wrapper() -> list[str]:
    """The wrapper's address is changed only to one that answers: the mirror names its folders after the version."""
    usual = r"^distributionUrl=https.*//services.gradle.org/distributions/gradle-([0-9.]+)-(bin|all)\.zip.*"
    mirror = mirrors.GRADLE.address
    return [
        "APP_GRADLE_SETTINGS=gradle/wrapper/gradle-wrapper.properties",
        'if in_mainland && [ -f "$APP_GRADLE_SETTINGS" ]; then',
        f'  APP_GRADLE="$(sed -n -E \'s#{usual}#\\1-\\2#p\' "$APP_GRADLE_SETTINGS")"',
        f'  for place in "{mirror}/v${{APP_GRADLE%-*}}" "{mirror}/v${{APP_GRADLE%-*}}.0"; do',
        '    [ -n "$APP_GRADLE" ] || break',
        '    place="$place/gradle-$APP_GRADLE.zip"',
        '    if curl -fsS --head --connect-timeout 30 --max-time 120 --output /dev/null "$place"; then',
        '      sed -i "s#^distributionUrl=.*#distributionUrl=$place#" "$APP_GRADLE_SETTINGS"',
        "      break",
        "    fi",
        "  done",
        "fi",
    ]
