#!/usr/bin/env bash
# Install what `call.device: gpu` of the open caller needs: CuPy and NVIDIA's run-time compiler.
#
#   envs/gpu.sh            all of it, into .venv (driver 580 or newer, for CUDA 13)
#   envs/gpu.sh compiler   the compiler alone, into .venv/nvrtc, for the test that compiles the kernel
#   envs/gpu.sh lock       pin anew, after `make lock`
set -euo pipefail
export LC_ALL=C.UTF-8
unset PYTHONPATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
venv=.venv
logs=$venv/setup-logs
pins=envs/gpu
main=envs/python/requirements.lock

say() { printf 'set-up: %s\n' "$*"; }

if [[ ${1:-} == lock ]]; then
    mapfile -t there < <(sed -nE 's/^([a-z0-9._-]+)==.*/--no-emit-package=\1/p' $main)
    $venv/bin/uv pip compile --quiet --python-version 3.11 \
        --python-platform x86_64-manylinux_2_28 --generate-hashes --no-header \
        --no-emit-index-url --constraint $main "${there[@]}" \
        --output-file $pins/requirements.lock $pins/requirements.in
    exit
fi
if [[ ! -x $venv/bin/python ]]; then
    say "there is no $venv; 'make setup' comes before this"
    exit 1
fi

only=. target=()
mark=$venv/gpu
if [[ ${1:-} == compiler ]]; then
    only='^nvidia-cuda-nvrtc$' mark=$venv/nvrtc target=(--target "$venv/nvrtc" --upgrade)
fi
key=$(cat envs/gpu.sh $pins/requirements.lock | sha256sum | cut -c 1-12)
if [[ $(cat "$mark.set-up" 2> /dev/null) == "$key" ]]; then exit; fi
SECONDS=0
mkdir -p $logs
lock=$(mktemp)
trap 'rm -f "$lock"' EXIT
awk -v only="$only" '/^[^ #]/ {split($1, name, "=="); wanted = name[1] ~ only} wanted' \
    $pins/requirements.lock > "$lock"
say "${1:-CuPy} for GPUs"
if ! "$venv/bin/python" -m pip --no-input --disable-pip-version-check install --quiet --no-deps \
    --require-hashes "${target[@]}" -r "$lock" > $logs/gpu.log 2>&1; then
    say "it could not be installed; from $logs/gpu.log:"
    tail -n 5 $logs/gpu.log | cut -c 1-300 | sed 's/^/    /'
    exit 1
fi
echo "$key" > "$mark.set-up"
say "done in $SECONDS s"
