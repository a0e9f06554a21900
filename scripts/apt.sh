# shellcheck shell=bash
# Sourced by the set-up scripts: installs Debian packages where that is allowed, and says what to do where it is not.

# Prints its arguments to stderr as one message of the set-up.
say() {
    printf 'glrec set-up: %s\n' "$*" >&2
}

# Runs apt-get as root. The lock of a fresh machine's own first upgrade is waited for.
apt_get() {
    local sudo=()
    ((EUID == 0)) || sudo=(sudo -n)
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

can_install() {
    command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }
}

# Fetches the package lists, once; what it prints goes to the file named.
refresh_lists() {
    [[ -z ${lists_are_fresh:-} ]] || return 0
    apt_get update >>"$1" 2>&1 || say "apt-get update failed; going on with the package lists that are there"
    lists_are_fresh=1
}

# What apt-get prints is shown only if it fails.
install_with_apt() {
    local log status=0
    log=$(mktemp)
    refresh_lists "$log"
    apt_get install -y --no-install-recommends --no-upgrade "$@" >>"$log" 2>&1 || status=$?
    ((status == 0)) || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# install_packages PACKAGE... : returns non-zero, with the command for a person on stderr, when they are not installed.
install_packages() {
    if can_install; then
        say "installing $*"
        install_with_apt "$@" && return
        say "apt-get could not install $*; its own message is above"
    elif command -v apt-get >/dev/null; then
        say "system packages are missing, and installing them needs root or sudo without a password. Run as root:"
        say "    apt-get update && apt-get install --no-install-recommends $*"
    else
        say "system packages are missing and there is no apt-get here. Install what your system calls these: $*"
    fi
    return 1
}
