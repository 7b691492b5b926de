#!/usr/bin/env bash
# Install the servers that tests of `schelde submit` send to: OpenSSH's, and two that speak S3.
#
# Runs do not need them; without them their tests are skipped. They lie in the folder of tools,
# which outlives the checkout, and .venv/inboxes leads there.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tools=$(realpath -m "${SCHELDE_TOOLS:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/schelde}")
home=$tools/inboxes-$(cat envs/inboxes/* | sha256sum | cut -c 1-12)
logs=.venv/setup-logs

say() { printf 'set-up: %s\n' "$*"; }

if ! command -v sshd > /dev/null && [[ ! -x /usr/sbin/sshd ]] && ((EUID == 0)) &&
    command -v apt-get > /dev/null; then
    say "Debian package: openssh-server"
    { apt-get -q update || true; } > "$logs/inboxes.log" 2>&1 < /dev/null
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install \
        --no-install-recommends --no-remove openssh-server openssh-sftp-server \
        >> "$logs/inboxes.log" 2>&1 < /dev/null ||
        say "no openssh-server; tests of SFTP inboxes are skipped (see $logs/inboxes.log)"
fi

# A folder that a run without mvn or cargo left is not whole; another try may have them.
if [[ ! -e $home/s3mock.jar || ! -x $home/bin/s3s-fs ]]; then
    say "S3 servers for tests"
    bash envs/inboxes/install.sh "$home" > "$logs/inboxes-s3.log" 2>&1 < /dev/null ||
        say "not all S3 servers can be had; their tests are skipped (see $logs/inboxes-s3.log)"
fi
ln -sfn "$home" .venv/inboxes
