#!/usr/bin/env bash
# Install a Slurm for tests: slurmctld, slurmd and munge, and slurmdbd with MariaDB for accounts.
#
# Debian packages, as root. The install starts no service; tests start daemons of their own, each in
# a folder of the test. Runs do not need it; without it its tests are skipped.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
log=.venv/setup-logs/slurm.log
policy=/usr/sbin/policy-rc.d

say() { printf 'set-up: %s\n' "$*"; }

missing() {
    local name
    for name in munged slurmctld slurmd sbatch srun slurmdbd mariadbd mariadb-install-db; do
        PATH=$PATH:/usr/sbin:/sbin command -v $name > /dev/null || echo $name
    done
}

mapfile -t absent < <(missing)
((${#absent[@]})) || exit 0
why=
if [[ -e /etc/slurm/slurm.conf || ${SLURM_CONF:-} ]]; then
    why="this machine belongs to a cluster, whose Slurm is left alone"
elif ((EUID != 0)) || ! command -v apt-get > /dev/null; then
    why="installing one takes root and apt-get"
fi
if [[ $why ]]; then
    say "no Slurm for tests, which are skipped: $why"
    exit
fi

say "Slurm, for tests"
mkdir -p "$(dirname $log)"
# Packages ask this file whether they may start services: 101 is no.
if [[ ! -e $policy ]]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
fi
{
    apt-get -q update || true
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install \
        --no-install-recommends --no-remove \
        slurmctld slurmd slurm-client munge slurmdbd mariadb-server || true
} > $log 2>&1 < /dev/null
mapfile -t absent < <(missing)
if ((${#absent[@]})); then
    say "no Slurm for tests, which are skipped: ${absent[*]} could not be installed (see $log)"
else
    say "Slurm done in $SECONDS s"
fi
