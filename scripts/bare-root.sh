#!/usr/bin/env bash
# Runs the README's commands on a bare Debian, as a newcomer would: nobody misses what a machine has had for long.
#   bare-root.sh [RELEASE [COMMAND...]]   RELEASE is Debian's name for it, by default the running one; each COMMAND is a
#                                         shell line, run in the clone; by default `make demo`, then `make test`
# Needs root. debootstrap makes the root folder; the system's own settings of apt, pip, names and certificates are copied
# into it, and HEAD is cloned there. All of that has a mount and a process namespace of its own, which end with this
# program, however it ends. Outside of them nothing is ever mounted on the root, and so it can be removed.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/apt.sh

# What README.md says to install first, and what it says to run; tests/set_up/test_needs.py compares.
readonly newcomer_packages=(git make python3-venv ca-certificates)
readonly newcomer_commands=("make demo" "make test")
# What else of the environment reaches the commands: how long the tests run, and the way to the network.
readonly passed_on='^(CI|GLREC_[A-Z_]+|PYTEST_ADDOPTS|(https?|all|no)_proxy|(HTTPS?|ALL|NO)_PROXY)='
readonly folders=${TMPDIR:-/var/tmp} # a disk: /tmp may be memory

running_release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

# Prints a heading with the seconds since the start.
step() {
    printf '\n=== bare %s, %d s: %s\n' "$release" "$SECONDS" "$*"
}

refuse() {
    say "NO BARE ROOT, AND SO NOTHING WAS TRIED ON IT: $*"
    exit 1
}

# quietly COMMAND... : its output is shown only if it fails.
quietly() {
    "$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; refuse "$1 failed; its own message is above"; }
}

# Prints Debian's sources as this system's apt has them, with the wanted release instead of the running one.
debian_sources() {
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --format '$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sed -n 's/^Debian //p' | sed "s/ $running_release/ $release/" | sort -u
}

debian_mirror() {
    debian_sources | awk -v release="$release" '$3 == release { print $2; exit }'
}

# --- In the namespaces ------------------------------------------------------------------------------------------------

make_root() {
    step "debootstrap"
    quietly debootstrap --variant=minbase "$release" "$root" "$(debian_mirror)"
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/bare-root" # nobody needs the root after a power cut
    debian_sources >"$root/etc/apt/sources.list"
    apt-config dump Acquire >"$root/etc/apt/apt.conf.d/90bare-root"
    cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
}

# The root becomes a mount of its own, so that tests may make namespaces in it: they ask for that.
mount_system() {
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount --bind /dev "$root/dev"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm"
}

install_newcomer_packages() {
    step "apt-get install ${newcomer_packages[*]}"
    quietly in_root "apt-get update && apt-get install -y --no-install-recommends ${newcomer_packages[*]}"
    if [[ -d /usr/local/share/ca-certificates ]]; then
        cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
        quietly in_root update-ca-certificates
    fi
}

# How pip reaches its indexes. Folders with packages on this machine's disk are left out: a newcomer has none.
bring_pip_settings() {
    local setting value
    mkdir -p "$root/root/.config/pip"
    echo "[global]" >"$root/root/.config/pip/pip.conf"
    for setting in index-url extra-index-url trusted-host proxy cert default-timeout; do
        value=$(pip_setting "$setting")
        [[ -n $value ]] || continue
        echo "$setting = $value" >>"$root/root/.config/pip/pip.conf"
        [[ $setting != cert ]] || install -D --mode=644 "$value" "$root$value"
    done
}

# Prints the value that holds here, of the environment or of pip's files, without addresses of files.
pip_setting() {
    local name value
    name=$(tr 'a-z-' 'A-Z_' <<<"PIP_$1")
    value=${!name:-$(python3 -m pip config get "global.$1" 2>/dev/null || true)}
    tr -s '[:space:]' '\n' <<<"$value" | sed '/^file:/d' | paste -sd ' '
}

# in_root LINE : runs a shell line in the root's copy of the repository, or in / before there is one.
in_root() {
    local -a settings
    mapfile -t settings < <(env | grep -E "$passed_on")
    # A shell starts what runs in the background with Ctrl-C ignored, and so do its children unless that is undone.
    # The session is its own: no machine's first process shares one with its users' programs, and the kernel wakes
    # stopped processes whose parents have ended only if nobody in their session adopts them.
    setsid --wait env --default-signal --ignore-environment HOME=/root TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "${settings[@]}" chroot "$root" /bin/bash -c "cd /root/glrec 2>/dev/null || cd /; $1" </dev/null
}

work_inside() {
    local line
    make_root
    mount_system
    install_newcomer_packages
    bring_pip_settings
    git clone --quiet --no-hardlinks . "$root/root/glrec"
    for line in "${commands[@]}"; do
        step "$line"
        in_root "$line"
    done
}

# --- Outside ----------------------------------------------------------------------------------------------------------

# Removes a folder of ours, unless something is mounted below it: a removal must never reach the system's own folders.
remove() {
    if grep -qF " $1/" /proc/self/mountinfo; then
        say "something is still mounted below $1; it is left as it is"
        return 1
    fi
    rm -rf --one-file-system -- "$1"
}

# What a run left whose cleaning was killed, too. Runs that go on hold their lock; they take it within their first minute.
remove_leftovers() {
    local left
    while read -r left; do
        ! flock --nonblock "$left" true || remove "$left"
    done < <(find "$folders" -maxdepth 1 -type d -name 'glrec-bare-root.*' -mmin +1)
}

# Ends the namespaces by ending their first process. unshare returns when the kernel has ended all the others.
clean_up() {
    local first
    if first=$(cat "/proc/$inside/task/$inside/children" 2>/dev/null); then
        kill -KILL "${first% }" 2>/dev/null || true
        wait "$inside" || true
    fi
    remove "$folder"
}

make_all_and_remove_it() {
    ((EUID == 0)) || refuse "it needs root"
    command -v debootstrap >/dev/null || install_packages debootstrap || refuse "it needs debootstrap"
    [[ -n $(debian_mirror) ]] || apt_get update >/dev/null || true
    [[ -n $(debian_mirror) ]] || refuse "apt knows no source of Debian's; does this system's apt-get update work?"
    unshare --mount --pid --fork --mount-proc true || refuse "this platform allows no mount and process namespaces"
    [[ -z $(git status --porcelain) ]] || say "only what is committed is tried, and there are changes that are not"

    remove_leftovers
    folder=$(mktemp -d "$folders/glrec-bare-root.XXXXXX")
    inside="" # nothing runs there yet
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    exec {lock}<"$folder"
    flock "$lock"
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
        "$0" --inside "$folder" "$release" "${commands[@]}" {lock}<&- &
    inside=$!
    wait "$inside"
}

# Read as a whole before it begins, so that the file may be edited meanwhile.
if [[ ${1:-} == --inside ]]; then
    folder=$2 release=$3 commands=("${@:4}")
    readonly root=$folder/root
    work_inside
    exit
else
    release=${1:-$running_release} commands=("${@:2}")
    ((${#commands[@]})) || commands=("${newcomer_commands[@]}")
    make_all_and_remove_it
    exit
fi
