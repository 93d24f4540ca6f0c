# shellcheck shell=bash
# What lab/up and lab/down share: where things are, how to speak, how to end what was started.

lab_dir=$(realpath -m -- "${LAB_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/openfaas-build-lab}")
downloads=$lab_dir/downloads
run=$lab_dir/run
prefix=$downloads/engine
# One name for the bridge, the nft table, the cgroup and the container, different for each lab folder (and root directory:
# containers may share the machine's network): what bears it is ours, whatever a killed lab/up could still write down.
tag=$(cat "$run/tag" 2> /dev/null || printf '%s' "$(stat -c %d:%i /) $lab_dir" | cksum | { read -r sum _ && printf 'ofblab%08x' "$sum"; })

# The downloads of the usual lab: another one takes from them what it lacks.
other_downloads() { printf '%s' "${LAB_DOWNLOADS_FROM-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/openfaas-build-lab/downloads}"; }

say() { printf 'lab: %s\n' "$*" >&2; }

fail() { # problem, cause, remedy, exit code
    failed=yes # for at_exit in lab/up
    export -n failed
    printf 'lab: %s\nlikely cause: %s\nremedy: %s\n' "$1" "$2" "$3" >&2
    exit "${4:-1}"
}

# --foreground: Ctrl-C reaches the command too.
bounded() { timeout --foreground -k 10 "$@"; }

# One lab/up or lab/down at a time for one folder. lab/down removes the folder, so look whether the lock is still the one
# that others see.
lock() {
    while true; do
        mkdir -p "$lab_dir"
        exec 9> "$lab_dir/lock" || continue
        flock -w 900 9 || fail "another lab/up or lab/down has been at work in $lab_dir for 15 minutes" \
            "it hangs" "end it ('fuser $lab_dir/lock' shows its number) and try again"
        [ /dev/fd/9 -ef "$lab_dir/lock" ] && return
    done
}

# The packages are unpacked, not installed. PATH_BEFORE is what the caller has.
PATH_BEFORE=$PATH
use_prefix() {
    local dirs
    PATH=$prefix/usr/sbin:$prefix/usr/bin:$prefix/sbin:$prefix/bin:$PATH_BEFORE:/usr/sbin:/sbin
    dirs=("$prefix"/usr/lib/*-linux-gnu* "$prefix"/lib/*-linux-gnu*)
    LD_LIBRARY_PATH=$(IFS=:; printf '%s' "${dirs[*]}")
    dirs=("$prefix"/usr/lib/*-linux-gnu*/xtables "$prefix"/lib/*-linux-gnu*/xtables)
    XTABLES_LIBDIR=$(IFS=:; printf '%s' "${dirs[*]}")
    dirs=("$prefix"/usr/share/perl5 "$prefix"/usr/share/perl/5.* "$prefix"/usr/lib/*-linux-gnu*/perl*/5.*)
    PERL5LIB=$(IFS=:; printf '%s' "${dirs[*]}")
    export PATH LD_LIBRARY_PATH XTABLES_LIBDIR PERL5LIB
}

# --- processes ---------------------------------------------------------------------------------------------------------

# Every program of the lab runs from its own prefix, so the executable tells for certain whose process it is; a pid file
# alone may be old, and its number taken by another.
is_ours() { case $(readlink "/proc/$1/exe" 2> /dev/null) in "$prefix"/*) ;; *) false ;; esac; }

our_pids() { find /proc -mindepth 2 -maxdepth 2 -name exe -lname "$prefix/*" -printf '%h\n' 2> /dev/null | sed 's|/proc/||'; }

# Detached for good: no terminal, none of our pipes (else "$(lab/up)" waits for ever), no lock.
# Go collects its garbage less often: here time is short and memory is not.
start() { # name, command...
    local name=$1
    shift
    (cd / && GOGC=400 exec setsid "$@" < /dev/null > "$run/$name.log" 2>&1 3>&- 9>&-) &
    echo $! > "$run/$name.pid"
}

alive() { # name
    local pid
    pid=$(cat "$run/$1.pid" 2> /dev/null) && [ -n "$pid" ] && is_ours "$pid"
}

end() { # name
    local pid i
    alive "$1" || return 0
    pid=$(cat "$run/$1.pid")
    kill "$pid" 2> /dev/null || true
    for ((i = 0; i < 200; i++)); do is_ours "$pid" || return 0; sleep 0.1; done
    kill -KILL "$pid" 2> /dev/null || true
}

# --- what a lab leaves outside its folder ------------------------------------------------------------------------------

network_down() {
    local handle bridge
    if command -v nft > /dev/null && nft list tables > /dev/null 2>&1; then
        nft delete table ip "$tag" 2> /dev/null || true
        nft -a list chain ip filter FORWARD 2> /dev/null | sed -n "s/.*comment \"$tag\" # handle //p" |
            while read -r handle; do nft delete rule ip filter FORWARD handle "$handle"; done
    fi
    # No bridge: no lab since the machine was started, and the note about ip_forward is from an earlier life.
    ip link show "$tag" > /dev/null 2>&1 || return 0
    if [ "$(cat "$run/ip_forward" 2> /dev/null)" = 0 ] && [ -z "$(engines_here)" ]; then
        echo 0 > /proc/sys/net/ipv4/ip_forward
    fi
    # networks that callers made, too
    for bridge in $(ip -4 -o addr show to "$(cat "$run/net" 2> /dev/null).0.0/16" 2> /dev/null | awk '{ print $2 }') "$tag"; do
        ip link delete "$bridge" 2> /dev/null
    done
}

# The numbers of all engines that share the machine's network with us.
engines_here() {
    local d
    for d in /proc/[0-9]*; do
        [ "$(cat "$d/comm" 2> /dev/null)" = dockerd ] || continue
        [ "$d/ns/net" -ef /proc/self/ns/net ] && echo "${d#/proc/}"
    done
    return 0
}

# Empty folders that an engine (and mount) makes at fixed places. On a machine that has an engine of its own they stay.
leftovers_down() {
    local dir
    if grep -qsx dockerd /proc/[0-9]*/comm; then return 0; fi
    if PATH=$PATH_BEFORE:/usr/sbin:/sbin command -v dockerd containerd runc > /dev/null; then return 0; fi
    for dir in /opt/containerd /run/containerd /run/docker /run/runc /run/mount; do
        [ ! -d "$dir" ] || find "$dir" -depth -type d -exec rmdir {} + 2> /dev/null || true
    done
}

our_cgroups() { find /sys/fs/cgroup -maxdepth 2 -type d -name "$tag" 2> /dev/null; }

# Containers and running build steps. Nothing in a lab is worth a gentle end.
end_containers() {
    local dir pid
    for dir in $(our_cgroups); do
        for pid in $(find "$dir" -name cgroup.procs -exec cat {} + 2> /dev/null | sort -u); do kill -KILL "$pid" 2> /dev/null; done
    done
}

cgroups_down() {
    local i
    for ((i = 0; i < 50; i++)); do
        [ -n "$(our_cgroups)" ] || return 0
        our_cgroups | while read -r dir; do find "$dir" -depth -type d -exec rmdir {} + 2> /dev/null; done
        sleep 0.1
    done
}

# Ends everything and forgets it; right after a start that was killed half-way, and twice in a row, too. In a subshell, so
# that one step that fails does not keep the next from being done.
stop_lab() (
    set +e
    use_prefix
    if [ -f "$run/container" ]; then
        bounded 60 docker -H "$(cat "$run/host")" rm -fv "$(cat "$run/container")"
        if [ -f "$downloads/registry-image-was-pulled" ] && [ "${1:-}" != --keep-downloads ]; then
            bounded 60 docker -H "$(cat "$run/host")" image rm registry:2
        fi
    fi > /dev/null 2>&1
    if [ -f "$downloads/buildkit-image-was-added" ] && [ "${1:-}" != --keep-downloads ]; then
        bounded 60 docker -H "$(cat "$downloads/buildkit-image-was-added")" image rm moby/buildkit:buildx-stable-1 > /dev/null 2>&1
    fi
    [ "$(id -u)" != 0 ] || end_containers
    end dockerd
    end registry
    for pid in $(our_pids); do kill -KILL "$pid" 2> /dev/null; done
    if [ "$(id -u)" = 0 ]; then
        end_containers
        cgroups_down
        network_down
        leftovers_down
    fi
    rm -rf --one-file-system -- "$run"
)
