"""Where the start scripts take packages and programs from in mainland China; elsewhere they ask the usual places.

Alibaba Cloud's own mirrors are asked wherever there is one: they are close to every instance and kept by the same
company as the machine. Somebody else's is asked only where there is none, and content is believed by its checksum.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """One mirror: what it stands in for, who keeps it, and what proves that its content is the original's."""

    packages: str
    usual: str
    address: str
    keeper: str
    proof: str


ALIBABA = "Alibaba"
PYPI = Mirror(
    packages="Python packages",
    usual="https://pypi.org/simple/",
    address="https://mirrors.aliyun.com/pypi/simple/",
    keeper=ALIBABA,
    proof="hashes of the lock file, where the project has one",
)
NPM = Mirror(
    packages="npm packages",
    usual="https://registry.npmjs.org",
    address="https://registry.npmmirror.com",
    keeper=ALIBABA,
    proof="`integrity` of the lock file, where the project has one",
)
NODE = Mirror(
    packages="Node.js",
    usual="https://nodejs.org/dist",
    address="https://registry.npmmirror.com/-/binary/node",
    keeper=ALIBABA,
    proof="SHA-256 in the script; for versions long out of support the sums beside the archive",
)
GO = Mirror(
    packages="Go",
    usual="https://go.dev/dl",
    address="https://golang.google.cn/dl",
    keeper="Google",
    proof="SHA-256 in the script",
)
GO_MODULES = Mirror(
    packages="Go modules",
    usual="https://proxy.golang.org",
    address="https://goproxy.cn,https://mirrors.aliyun.com/goproxy/",
    keeper="Qiniu, then Alibaba",
    proof="`go.sum` and the checksum database `sum.golang.google.cn`, which Google keeps",
)
MAVEN = Mirror(
    packages="Maven packages",
    usual="https://repo.maven.apache.org/maven2",
    address="https://maven.aliyun.com/repository/central",
    keeper=ALIBABA,
    proof="the sums of the repository",
)
MAVEN_TOOL = Mirror(
    packages="Maven itself, by the wrapper",
    usual="https://repo.maven.apache.org/maven2",
    address="https://maven.aliyun.com/repository/public",
    keeper=ALIBABA,
    proof="`distributionSha256Sum` of the wrapper, where it is set",
)
GRADLE_PLUGINS = Mirror(
    packages="Gradle plugins",
    usual="https://plugins.gradle.org/m2",
    address="https://maven.aliyun.com/repository/gradle-plugin",
    keeper=ALIBABA,
    proof="the sums of the repository",
)
GRADLE = Mirror(
    packages="Gradle itself, by the wrapper",
    usual="https://services.gradle.org/distributions",
    address="https://mirrors.aliyun.com/gradle/distributions",
    keeper=ALIBABA,
    proof="`distributionSha256Sum` of the wrapper, where it is set",
)
COMPOSER = Mirror(
    packages="Composer packages",
    usual="https://repo.packagist.org",
    address="https://mirrors.aliyun.com/composer/",
    keeper=ALIBABA,
    proof="`shasum` of the lock file, where the project has one",
)
GEMS = Mirror(
    packages="Ruby gems",
    usual="https://rubygems.org",
    address="https://mirrors.aliyun.com/rubygems/",
    keeper=ALIBABA,
    proof="`CHECKSUMS` of the lock file, where the project has them",
)
RUST = Mirror(
    packages="Rust",
    usual="https://static.rust-lang.org",
    address="https://mirrors.aliyun.com/rustup",
    keeper=ALIBABA,
    proof="SHA-256 of `rustup-init` in the script; rustup checks the rest by the sums of its manifest",
)
CRATES = Mirror(
    packages="Rust crates",
    usual="https://index.crates.io",
    address="https://mirrors.aliyun.com/crates.io-index/",
    keeper=ALIBABA,
    proof="`checksum` of `Cargo.lock`",
)
DOCKER_ENGINE = Mirror(
    packages="Docker on systems with dnf",
    usual="https://download.docker.com",
    address="https://mirrors.aliyun.com/docker-ce",
    keeper=ALIBABA,
    proof="signatures of the packages",
)
DOCKER_HUB = Mirror(
    packages="images of Docker Hub",
    usual="https://registry-1.docker.io",
    address="https://docker.m.daocloud.io",
    keeper="DaoCloud",
    proof="nothing but TLS: there is no public mirror of Alibaba's; name your own in `APP_REGISTRY_MIRRORS`",
)
MIRRORS = (
    PYPI, NPM, NODE, GO, GO_MODULES, MAVEN, MAVEN_TOOL, GRADLE_PLUGINS, GRADLE, COMPOSER, GEMS, RUST, CRATES, DOCKER_ENGINE, DOCKER_HUB,
)  # fmt: skip

# Source: https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata (tokens, region-id).
IN_MAINLAND = """\
# Mirrors are for mainland China alone. The runner says the region, else the machine's own metadata does.
find_region() {
  local place=http://100.100.100.200/latest token
  token="$(curl -fsS --connect-timeout 2 --max-time 4 -X PUT -H 'X-aliyun-ecs-metadata-token-ttl-seconds: 60' "$place/api/token" 2> /dev/null || true)"
  curl -fsS --connect-timeout 2 --max-time 4 -H "X-aliyun-ecs-metadata-token: $token" "$place/meta-data/region-id" 2> /dev/null || true
}
APP_REGION_ID="${DEPLOYER_REGION_ID:-$(find_region)}"
in_mainland() {
  case "$APP_REGION_ID" in
    cn-hongkong*) return 1 ;;
    cn-*) return 0 ;;
    *) return 1 ;;
  esac
}
"""
