#!/usr/bin/env bash
# Install executors beside Slurm's: LSF, Grid Engine, Kubernetes, AWS Batch; for users of those.
#
# Into .venv/executors, an environment that sees what lies in .venv and adds the executors to it.
# Start the workflow with `.venv/executors/bin/snakemake` there. Other runs do not need it; without
# it its tests are skipped. `envs/executors.sh lock` pins them anew, after `make lock`.
set -euo pipefail
export LC_ALL=C.UTF-8
unset PYTHONPATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
venv=.venv
home=$venv/executors
logs=$venv/setup-logs
pins=envs/executors
main=envs/python/requirements.lock

say() { printf 'set-up: %s\n' "$*"; }
digest() { sha256sum | cut -c 1-12; }

if [[ ${1:-} == lock ]]; then
    mapfile -t there < <(sed -nE 's/^([a-z0-9._-]+)==.*/--no-emit-package=\1/p' $main)
    $venv/bin/uv pip compile --quiet --python-version 3.11 \
        --python-platform x86_64-manylinux_2_28 --generate-hashes --no-header \
        --no-emit-index-url --constraint $main "${there[@]}" \
        --output-file $pins/requirements.lock $pins/requirements.in
    exit
fi

if [[ ! -x $venv/bin/python ]]; then
    say "there is no $venv; 'make setup' comes before the executors"
    exit 1
fi
key=$({
    cat envs/executors.sh $pins/requirements.lock $main
    "$venv/bin/python" --version
    echo "$root"
} | digest)

is_done() { [[ $(cat $home/set-up 2> /dev/null) == "$key" ]]; }
if is_done; then exit; fi
SECONDS=0
mkdir -p $logs
exec 9> $venv/.executors.lock
flock 9
if is_done; then exit; fi # meanwhile

install() {
    local packages
    "$venv/bin/python" -m venv $home
    $home/bin/python -m pip --no-input --disable-pip-version-check install --quiet --no-deps \
        --require-hashes -r $pins/requirements.lock
    packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    # What lies in .venv, its own .pth files too: one of them leads to the package schelde.
    $home/bin/python - "$packages" << 'EOF'
import sys, sysconfig
from pathlib import Path

line = f"import site; site.addsitedir({sys.argv[1]!r})\n"
Path(sysconfig.get_path("purelib"), "schelde-venv.pth").write_text(line)
EOF
    printf '#!/bin/sh\nexec "%s" -m snakemake "$@"\n' "$root/$home/bin/python" > $home/bin/snakemake
    chmod +x $home/bin/snakemake
}

say "executors beside Slurm's"
rm -rf $home
# Not run as a condition, in which `set -e` would not hold.
(install) > $logs/executors.log 2>&1 9>&- &
if ! wait $!; then
    rm -rf $home
    say "the executors could not be installed, and their tests are skipped; from" \
        "$logs/executors.log:"
    tail -n 5 $logs/executors.log | cut -c 1-300 | sed 's/^/    /'
    exit 1
fi
echo "$key" > $home/set-up
say "executors done in $SECONDS s"
