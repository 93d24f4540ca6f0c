# shellcheck shell=bash disable=SC2154
# What the lab fetches: Debian's packages (unpacked into a private prefix) and the files of a minimal Debian.
# Everything is made under a temporary name and renamed, so that what has its final name is whole.

packages=(docker.io/testing docker-cli/testing docker-buildx/testing containerd/testing runc docker-registry
    iptables nftables iproute2 mmdebstrap busybox-static)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The machine's own apt knows its archives, in whichever format they are written down. Which of them is Debian's own is
# settled by the signature (try_archive).
archives() {
    local codename=$1
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$codename" '$3 == "main" && ($2 == suite || $2 == "stable" || $2 == "testing" || $2 == "sid") && !seen[$1]++ { print $1 }'
}

# The machine's own settings (proxies, checks), but with private folders and without the commands that it runs around an
# update or an installation. The real dpkg status is used: only what the machine lacks is fetched.
private_apt_settings() { # folder
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/none"
    apt-config dump --no-empty | grep -vE '^(Dir|DPkg|APT::Update|APT::Sandbox|Unattended-Upgrade)::' > "$1/apt.conf"
    cat >> "$1/apt.conf" << APT
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "$1/none";
Dir::Etc::SourceList "$1/sources.list";
Dir::Etc::SourceParts "$1/none";
Dir::Etc::Preferences "$1/preferences";
Dir::Etc::PreferencesParts "$1/none";
Dir::State::Lists "$1/lists";
Dir::Cache "$1/cache";
Debug::NoLocking "true";
APT::Sandbox::User "$(id -un)";
Acquire::Retries "3";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT
    # testing only where it is asked for by name
    printf 'Package: *\nPin: release a=testing\nPin-Priority: 50\n' > "$1/preferences"
}

private_apt() { # folder, apt-get arguments...
    APT_CONFIG=$1/apt.conf bounded 600 apt-get -qq "${@:2}" >&2
}

try_archive() { # folder, archive, codename
    printf "deb [signed-by=$keyring] %s %s main\n" "$2" "$3" "$2" testing > "$1/sources.list"
    private_apt "$1" update -o APT::Update::Error-Mode=any
}

debian_codename() {
    # shellcheck source=/dev/null
    (. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_CODENAME:-testing}") 2> /dev/null
}

# Prints Debian's archive, as this machine reaches it, after a try.
find_archive() { # folder
    local codename uri
    codename=$(debian_codename) || return 1
    private_apt_settings "$1"
    for uri in $(archives "$codename"); do
        if try_archive "$1" "$uri" "$codename"; then
            echo "$uri"
            return
        fi
    done
    return 1
}

get_packages() {
    local tmp deb
    [ "$(cat "$prefix/recipe" 2> /dev/null)" != "$(recipe)" ] || return 0
    say "fetching Debian's packages of the engine and the registry (about 100 MB, once)"
    rm -rf "$prefix"
    tmp=$(mktemp -d "$downloads/tmp.XXXXXX")
    find_archive "$tmp" > "$tmp/archive" || fail "no Debian archive could be read" \
        "this machine is not a Debian one, or its apt sources cannot be reached" \
        "check 'apt-get update', or start a Docker engine yourself: an engine that answers is used as it is" 3
    # --reinstall: the lab's daemons run from its own prefix even where the machine has the package
    private_apt "$tmp" install --yes --download-only --no-install-recommends --reinstall "${packages[@]}" || fail \
        "Debian's packages could not be fetched" "the archive does not answer, or testing is in transition" \
        "try again later, or start a Docker engine yourself: an engine that answers is used as it is"
    mkdir "$tmp/engine"
    for deb in "$tmp"/cache/archives/*.deb; do dpkg -x "$deb" "$tmp/engine"; done
    # What the postinst of iptables does with alternatives.
    for deb in iptables ip6tables; do
        for suffix in '' -save -restore; do ln -sf xtables-nft-multi "$tmp/engine/usr/sbin/$deb$suffix"; done
    done
    mv "$tmp/archive" "$tmp/engine/archive"
    recipe > "$tmp/engine/recipe"
    mv "$tmp/engine" "$prefix"
    rm -rf "$tmp"
}

recipe() { cksum < "${BASH_SOURCE[0]}"; }

# The machine's certificates: on some networks TLS is signed anew on the way.
ca_bundle() { local f; for f in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do if [ -s "$f" ]; then echo "$f"; return; fi; done; }

# The environment of the base image, NAME=value: only what this machine itself needs to reach the outside.
base_environment() {
    local name value bundle=/etc/ssl/certs/ca-certificates.crt
    echo PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    if [ -n "$(ca_bundle)" ]; then
        printf '%s\n' "PIP_CERT=$bundle" "SSL_CERT_FILE=$bundle" "REQUESTS_CA_BUNDLE=$bundle"
    fi
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        if [ -n "${!name:-}" ]; then echo "$name=${!name}"; fi
    done
    for name in index-url extra-index-url trusted-host; do
        # global.NAME='…' or :env:.NAME='…'; the environment comes last and wins
        value=$(pip_config | sed -n "s/^[^=]*\.$name='\(.*\)'\$/\1/p" | tail -n 1)
        name=${name//-/_}
        if [ -n "$value" ]; then echo "PIP_${name^^}=${value//\\n/ }"; fi
    done
}

pip_config() { PATH=$PATH_BEFORE LD_LIBRARY_PATH='' timeout 20 pip config list 2> /dev/null || true; }

# apt settings without which this machine's apt could not reach or would not believe its archive
apt_settings() { apt-config dump --no-empty | grep -E '^Acquire::(https?::Proxy|Check-Date|Check-Valid-Until)' || true; }

base_recipe() {
    { recipe; cat "$prefix/archive"; base_environment; apt_settings; ca_bundle | xargs -r -d '\n' cat; } | cksum | tr ' ' -
}

# A shell and its commands in one file of 2 MB, as a tar file: what most tests need of a base image.
make_busybox() { # tar file, folder to work in
    mkdir -p "$2/bin" "$2/etc"
    mkdir -m 1777 "$2/tmp"
    cp "$prefix/bin/busybox" "$2/bin/"
    while read -r name; do [ "$name" = busybox ] || ln -s busybox "$2/bin/$name"; done < <("$prefix/bin/busybox" --list)
    echo 'root:x:0:0:root:/root:/bin/sh' > "$2/etc/passwd"
    echo 'root:x:0:' > "$2/etc/group"
    tar -C "$2" --owner=0 --group=0 --numeric-owner -cf "$1" .
}

# A minimal Debian 12 as a tar file.
make_base() { # tar file
    local archive bundle opts=() setting
    archive=$(cat "$prefix/archive")
    for setting in doc man info locale lintian; do opts+=("--dpkgopt=path-exclude=/usr/share/$setting/*"); done
    while read -r setting; do opts+=("--aptopt=$setting"); done < <(apt_settings)
    bundle=$(ca_bundle)
    if [ -n "$bundle" ]; then
        # once where programs look for it, once where update-ca-certificates takes it from
        # shellcheck disable=SC2016  # for mmdebstrap's shell
        opts+=('--customize-hook=mkdir -p "$1/etc/ssl/certs" "$1/usr/local/share/ca-certificates"'
            "--customize-hook=upload $bundle /etc/ssl/certs/ca-certificates.crt"
            "--customize-hook=upload $bundle /usr/local/share/ca-certificates/lab.crt")
    fi
    # Own mount namespace: whatever happens, no mount is left over.
    bounded 600 unshare --mount mmdebstrap --quiet --mode=root --variant=minbase --format=tar --keyring="$keyring" \
        --dpkgopt=force-unsafe-io --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
        --aptopt='APT::Install-Recommends "false"' "${opts[@]}" \
        bookworm "$1" "deb [signed-by=$keyring] $archive bookworm main" >&2
}
