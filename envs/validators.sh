#!/usr/bin/env bash
# Install the validators of collections, for tests: GHGA, genomDE GRZ, RO-Crate, reference genomes.
#
# Into environments of their own, as what they need does not fit together: .venv/validators, and
# .venv/validators-grz for grz-cli where there is a Python of 3.12 or later. Runs do not need them;
# without them their tests are skipped. `envs/validators.sh lock` pins them anew.
set -euo pipefail
export LC_ALL=C.UTF-8
unset PYTHONPATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
venv=.venv
logs=$venv/setup-logs
pins=envs/validators
models=$venv/validators
client=$venv/validators-grz

say() { printf 'set-up: %s\n' "$*"; }
digest() { sha256sum | cut -c 1-12; }

# grz-cli's Python is part of it, so that one installed later is found.
find_python() {
    local name
    for name in python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[23]*/bin/python; do
        "$name" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 12))' 2> /dev/null &&
            echo "$name" && return
    done
    echo none
}

lock() { # name, Python version, options
    $venv/bin/uv pip compile --quiet --python-version "$2" \
        --python-platform x86_64-manylinux_2_28 --generate-hashes --no-header \
        --no-emit-index-url "${@:3}" --output-file "$pins/$1.lock" "$pins/$1.in"
}

if [[ ${1:-} == lock ]]; then
    lock requirements 3.11
    lock grz-models 3.12 --no-deps
    lock grz-cli 3.12
    exit
fi

pip() { "$1/bin/python" -m pip --no-input --disable-pip-version-check "${@:2}"; }

# As in setup.sh: uv is quicker, but knows nothing of the mirrors and proxies that pip is told of.
install_pins() { # environment, name
    local list=$pins/$2.lock
    if [[ -x $venv/bin/uv ]] &&
        ! pip "$1" config list | grep -E 'index|proxy|trusted-host|client-cert'; then
        $venv/bin/uv pip install --quiet --system-certs --python "$1/bin/python" \
            --compile-bytecode --require-hashes --build-constraints "$list" -r "$list"
    else
        pip "$1" install --quiet --require-hashes -r "$list"
    fi
}

install_models() {
    "$venv/bin/python" -m venv $models
    install_pins $models requirements
    # uv has no way to pass over the version of Python that a package asks for.
    pip $models install --quiet --require-hashes --no-deps --ignore-requires-python \
        -r $pins/grz-models.lock
}

install_client() { # python
    "$1" -m venv $client
    install_pins $client grz-cli
}

# A process group, so that it can be stopped with all that it started; not run as a condition, in
# which `set -e` would not hold.
job=
start() { # name, function, arguments
    set -m
    ("${@:2}") > "$logs/$1.log" 2>&1 &
    job=$!
    set +m
}
finish() {
    local status=0
    wait "$job" || status=$?
    job=
    return $status
}
trap '[[ ! $job ]] || kill -- "-$job"' EXIT

if [[ ! -x $venv/bin/python ]]; then
    say "there is no $venv; 'make setup' comes before the validators"
    exit 1
fi
key=$({
    cat envs/validators.sh $pins/*.lock
    "$venv/bin/python" --version
    echo "$root $(find_python)"
} | digest)

is_done() { [[ $(cat $models/set-up 2> /dev/null) == "$key" ]]; }
if is_done; then exit; fi
SECONDS=0
mkdir -p $logs
exec 9> $venv/.validators.lock
flock 9
if is_done; then exit; fi # meanwhile

say "validators of collections, for tests"
rm -rf $models $client
start validators install_models
if ! finish; then
    rm -rf $models
    say "the validators could not be installed, and their tests are skipped; from" \
        "$logs/validators.log:"
    { grep -m 2 -i '^error' $logs/validators.log || tail -n 5 $logs/validators.log; } |
        cut -c 1-300 | sed 's/^/    /'
    exit 1
fi
python=$(find_python)
if [[ $python == none ]]; then
    say "grz-cli needs Python 3.12 or later, which is not here; its tests are skipped"
else
    start validators-grz install_client "$python"
    finish || {
        rm -rf $client
        say "grz-cli could not be installed, and its tests are skipped; see" \
            "$logs/validators-grz.log"
    }
fi
echo "$key" > $models/set-up
say "validators done in $SECONDS s"
