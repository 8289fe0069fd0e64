"""Commands an Alibaba Cloud Linux instance has and a sandbox cannot: written to a folder that goes on its PATH.

None of them pretends. The package manager says yes only when what was asked for is already there, and otherwise
names what to install on the host; `poweroff` and `reboot` really end the machine; `systemctl` fails as it does
without systemd.
"""

from pathlib import Path

_PACKAGE_MANAGER = r"""#!/bin/bash
# Answers for `dnf` and `yum`: the programs of this machine are the host's, shown read-only.
name=${0##*/}
verb=; packages=()
for argument in "$@"; do
  case $argument in
    -*) ;;
    *) if [ -z "$verb" ]; then verb=$argument; else packages+=("$argument"); fi ;;
  esac
done
command_of() {
  case $1 in
    python3-pip) echo pip3 ;;
    python3-devel|python3-venv|python3-virtualenv|python3-setuptools|python3-wheel|python3) echo python3 ;;
    python3.[0-9]*) echo "${1%%-*}" ;;
    python3[0-9]*) local name=${1%%-*} && echo "python3.${name#python3}" ;;
    nodejs*|nodejs) echo node ;;
    java-*|jre*|jdk*) echo java ;;
    golang*) echo go ;;
    gcc-c++) echo g++ ;;
    procps-ng|procps) echo ps ;;
    net-tools) echo netstat ;;
    iproute) echo ss ;;
    psmisc) echo killall ;;
    nmap-ncat|nc) echo nc ;;
    findutils) echo find ;;
    coreutils) echo ls ;;
    util-linux) echo flock ;;
    openssh-clients) echo ssh ;;
    bind-utils) echo dig ;;
    xz-utils) echo xz ;;
    vim-enhanced) echo vim ;;
    ca-certificates|epel-release|tzdata|glibc*|which|bash) echo true ;;
    *) echo "$1" ;;
  esac
}
installable() { # a further Python of the host, shown below the folder of that name
  local program real
  program=$(command_of "$1")
  real=/opt/emulator/pythons/${program#python}/bin/$program
  [ -x "$real" ] || return 1
  # Not a link: an interpreter finds its library from where its own program is.
  mkdir -p /var/lib/emulator/bin && printf '#!/bin/sh\nexec %s "$@"\n' "$real" >"/var/lib/emulator/bin/$program" &&
    chmod 755 "/var/lib/emulator/bin/$program"
}
case $verb in
  install|reinstall|groupinstall|localinstall)
    missing=()
    for package in "${packages[@]}"; do
      if command -v "$(command_of "$package")" >/dev/null 2>&1; then
        echo "Package $package is already installed."
      elif installable "$package"; then
        echo "Installed: $package (the host's)"
      else
        missing+=("$package")
      fi
    done
    if [ ${#missing[@]} -gt 0 ]; then
      echo "Error: this emulated instance uses the programs of the host, and these are not there: ${missing[*]}" >&2
      echo "Install on the host what provides: ${missing[*]}" >&2
      exit 100
    fi
    echo "Nothing to do."
    echo "Complete!" ;;
  makecache|update|upgrade|clean|check-update|repolist|module|config-manager)
    echo "$name $verb: nothing to do on an emulated instance" ;;
  list|info)
    for package in "${packages[@]}"; do
      case $package in installed|available) continue ;; esac
      command -v "$(command_of "$package")" >/dev/null 2>&1 || { echo "Error: No matching Packages to list" >&2; exit 1; }
      echo "$package.x86_64    (the host's)    @System"
    done ;;
  *)
    echo "$name $verb is not available on an emulated instance: its programs are the host's, read-only" >&2
    exit 1 ;;
esac
"""

_RPM = r"""#!/bin/bash
# `rpm -q NAME`: installed means that the command of that name is there.
for argument in "$@"; do
  case $argument in
    -*) ;;
    *) command -v "$argument" >/dev/null 2>&1 || { echo "package $argument is not installed"; exit 1; }
       echo "$argument-0-0.al8.x86_64" ;;
  esac
done
"""

_SYSTEMCTL = r"""#!/bin/bash
echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2
echo "Failed to connect to bus: Host is down" >&2
exit 1
"""

_SHUTDOWN = r"""#!/bin/bash
# `shutdown` powers off, `shutdown -r` reboots; -c has nothing to cancel.
signal=RTMIN+4
for argument in "$@"; do
  case $argument in -r|--reboot) signal=RTMIN+5 ;; -c) exit 0 ;; esac
done
exec /bin/bash -c "kill -s $signal 1"
"""

_POWER_OFF = "#!/bin/bash\nkill -s RTMIN+4 1\n"
_REBOOT = "#!/bin/bash\nkill -s RTMIN+5 1\n"
_SUDO = r"""#!/bin/bash
# root already
while [ $# -gt 0 ]; do
  case $1 in -u) shift 2 ;; -*) shift ;; *=*) export "${1?}"; shift ;; *) break ;; esac
done
exec "$@"
"""
_SHELL = r"""#!{real}
# Runs the real {name}; a script of this instance's own has its literal /root replaced first.
for argument in "$@"; do
  case $argument in
    -c) break ;;
    -*) ;;
    *)
      case $(cd "$(dirname "$argument")" 2>/dev/null && pwd) in
        "{disk}"*)
          if [ -f "$argument" ] && [ -w "$argument" ]; then
            temporary=$(mktemp) && sed -E '{expression}' "$argument" >"$temporary" &&
              {{ cmp -s "$temporary" "$argument" || cat "$temporary" >"$argument"; }}
            rm -f "$temporary"
          fi ;;
      esac
      break ;;
  esac
done
exec {real} "$@"
"""

# Looked up before the host's own, because the host's cannot work there.
FIRST = {
    "poweroff": _POWER_OFF,
    "halt": _POWER_OFF,
    "reboot": _REBOOT,
    "shutdown": _SHUTDOWN,
}
# The package managers an image has, by the family of its system; those of the other family are hidden.
PACKAGE_MANAGERS = {"rhel": ("dnf", "yum"), "debian": ("apt", "apt-get")}
PACKAGE_MANAGER = _PACKAGE_MANAGER
# Looked up after everything that really exists.
LAST = {"rpm": _RPM, "systemctl": _SYSTEMCTL, "sudo": _SUDO}
# For machines that share the host's PATH: before everything, because the real ones would change the host.
ON_THE_HOST = {
    "dnf": _PACKAGE_MANAGER,
    "yum": _PACKAGE_MANAGER,
    "rpm": _RPM,
    "systemctl": _SYSTEMCTL,
    "sudo": _SUDO,
    **{
        name: f'#!/bin/bash\necho "{name}: this emulated instance cannot be shut down from inside" >&2\nexit 1\n'
        for name in ("poweroff", "halt", "reboot", "shutdown")
    },
    "apt": _PACKAGE_MANAGER,
    "apt-get": _PACKAGE_MANAGER,
}


def write_shims(directory: Path, scripts: dict[str, str]) -> None:
    """The folder holds exactly these programs."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in scripts.items():
        (directory / name).write_text(text, encoding="utf-8")
        (directory / name).chmod(0o755)


def shell_shim(real: str, disk: Path, expression: str) -> str:
    """A `bash` or `sh` that applies a sed expression to the scripts of that disk before it runs them."""
    return _SHELL.format(real=real, name=Path(real).name, disk=disk, expression=expression)
