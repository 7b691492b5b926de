#!/usr/bin/env bash
# Install what Schelde runs on, once: tools, GATK, minibwa, riker, the open caller's native part and
# Python packages.
#
# As root, Debian packages come from apt. What is built goes into a folder that outlives the
# checkout. What is still missing comes from a conda-compatible installer if one is on
# PATH; if none is, one message names it all. Commands and Python packages go into .venv.
set -euo pipefail
export LC_ALL=C.UTF-8
unset PYTHONPATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tools=$(realpath -m "${SCHELDE_TOOLS:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/schelde}")
venv=.venv
logs=$venv/setup-logs
lock=envs/python/requirements.lock
demo_sequence=/usr/share/doc/vt/examples/ref/20.fa.gz

# command : Debian package : file in envs/ that pins it for conda
commands=(
    bwa:bwa:bwa
    samtools:samtools:samtools
    bgzip:tabix:samtools
    tabix:tabix:samtools
    bcftools:bcftools:bcftools
    freebayes:freebayes:freebayes
    fastp:fastp:fastp
    art_illumina:art-nextgen-simulation-tools:art
)

say() { printf 'set-up: %s\n' "$*"; }
has() { command -v "$1" > /dev/null 2>&1; }
digest() { sha256sum | cut -c 1-12; }

gatk_version=$(sed -nE '0,/<version>/s/.*<version>(.*)<.*/\1/p' envs/gatk/pom.xml)
minibwa_version=$(sed -nE 's/^version = "(.*)\.0"/\1/p' envs/minibwa/Cargo.toml)
riker_version=$(sed -nE 's/^version = "(.*)"/\1/p' envs/riker/Cargo.toml)
gatk_home=$tools/gatk-$gatk_version-$(cat envs/gatk/* | digest)
# minibwa and riker are linked with the libraries of the machine that builds them.
digest_here() { { cat "$@" && uname -m && ldd --version; } 2>&1 | digest; }
minibwa_home=$tools/minibwa-$minibwa_version-$(digest_here envs/minibwa/*)
riker_home=$tools/riker-$riker_version-$(digest_here envs/riker/*)
native=workflow/src/schelde/pairhmm/native
pairhmm_home=$tools/pairhmm-$(digest_here $native/*)

# ------------------------------------------------------------------------------------ done already?

# Not the settings of linters, which stand last.
about_package() { sed '/^\[tool\.ruff\]/,$d' pyproject.toml; }

key=$({
    about_package
    cat envs/*.* envs/*/* $native/*
    echo "$root $tools"
} | digest)

# The mark holds the key and, after it, whatever outside of .venv must still be there.
is_done() {
    local line entry
    [[ -x $venv/bin/python && -e $venv/set-up ]] || return 1
    {
        read -r line && [[ $line == "$key" ]] || return 1
        while read -r line; do [[ -e $line ]] || return 1; done
    } < $venv/set-up
    for entry in "${commands[@]}"; do has "${entry%%:*}" || return 1; done
}

# ----------------------------------------------------------------------------------- what is there

find_python() {
    local name
    for name in python3.11 python3 python3.12 python3.13; do
        name=$(command -v $name) &&
            "$name" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null &&
            echo "$name" && return
    done
    return 1
}

# GATK is made for Java 17 and was seen to run with 25.
find_java() {
    local name newer=
    for name in /usr/lib/jvm/java-17-*/bin/java "${JAVA_HOME:-}/bin/java" "$(command -v java)"; do
        [[ -x $name ]] || continue
        case $("$name" -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p') in
            17) echo "$name" && return ;;
            1[89] | [2-9][0-9]) newer=${newer:-$name} ;;
        esac
    done
    [[ $newer ]] && echo "$newer"
}

cargo_is_new() { # least minor version
    has cargo && [[ $(cargo --version 2> /dev/null) =~ ^cargo\ 1\.([0-9]+) ]] &&
        ((BASH_REMATCH[1] >= $1))
}

# As bindgen looks for it, but for odd places.
find_libclang() {
    compgen -G "${LIBCLANG_PATH:-/usr/lib/llvm-*/lib}/libclang.so*" ||
        compgen -G "/usr/lib*/libclang.so*"
}

missing_commands() { # entries as in `commands`
    local entry
    for entry in "${commands[@]}"; do has "${entry%%:*}" || echo "$entry"; done
    find_python > /dev/null || echo python3.11:python3-venv:python
}

gatk_needs() { # Debian packages
    find_java > /dev/null || echo openjdk-17-jre-headless
    [[ -d $gatk_home ]] || has mvn || echo maven
}

minibwa_needs() { # Debian packages
    [[ ! -d $minibwa_home ]] || return 0
    cargo_is_new 78 || echo cargo-web # older ones do not read our Cargo.lock
    has gcc || echo gcc
    has make || echo make
    echo '#include <zlib.h>' | gcc -E -x c - > /dev/null 2>&1 || echo zlib1g-dev
}

riker_needs() { # Debian packages
    [[ ! -d $riker_home ]] || return 0
    cargo_is_new 94 || echo cargo-web # what riker asks for
    has gcc || echo gcc
    has make || echo make
    has cmake || echo cmake
    find_libclang > /dev/null || echo libclang-dev
}

pairhmm_needs() { # Debian packages
    [[ ! -d $pairhmm_home ]] || return 0
    has g++ || echo g++
    has make || echo make
    echo '#include <zlib.h>' | g++ -E -x c++ - > /dev/null 2>&1 || echo zlib1g-dev
}

# --------------------------------------------------------------------------------- Debian packages

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install \
        --no-install-recommends --no-remove "$@" < /dev/null >> $logs/apt.log 2>&1
}

install_debian_packages() {
    local needed wanted
    mapfile -t needed < <(missing_commands | cut -d : -f 2 | sort -u)
    mapfile -t wanted < <({ gatk_needs && minibwa_needs && riker_needs && pairhmm_needs; } | sort -u)
    [[ -e $demo_sequence ]] || needed+=(vt-examples)
    [[ -e /etc/ssl/certs/ca-certificates.crt ]] || needed+=(ca-certificates)
    ((${#needed[@]} + ${#wanted[@]})) || return 0
    say "Debian packages: ${needed[*]} ${wanted[*]}"
    apt-get -q update > $logs/apt.log 2>&1 < /dev/null || true
    if ((${#needed[@]})) && ! apt_install "${needed[@]}"; then
        say "apt-get failed; the end of $logs/apt.log:"
        tail -n 5 $logs/apt.log
    fi
    # Apart, because Schelde runs without them; what came of it is seen later.
    ((${#wanted[@]} == 0)) || apt_install "${wanted[@]}" || true
}

# ------------------------------------------------------------------------- built, then renamed

# In one order everywhere, whatever order the folder has.
class_path() {
    local jars
    printf -v jars ':%s' "$gatk_home"/lib/*.jar
    echo "${jars:1}"
}

class_archive() { echo "$gatk_home/start-$("$1" -version 2>&1 | digest).jsa"; }

# The classes that a start loads, ready to map: saves 1.5 s of wall and 2 s of CPU time each time.
archive_classes() {
    local java=$1 archive
    archive=$(class_archive "$java")
    [[ -e $archive || ! -w $gatk_home ]] ||
        "$java" -XX:+UseSerialGC "-XX:ArchiveClassesAtExit=$archive.part" -cp "$(class_path)" \
            org.broadinstitute.hellbender.Main HaplotypeCaller --help > $logs/gatk-start.log 2>&1 &&
        mv "$archive.part" "$archive"
}

prepare_gatk() {
    local new=$tools/.new.gatk
    if [[ ! -d $gatk_home ]]; then
        rm -rf "$new"
        mvn -B -q -Dstyle.color=never --strict-checksums -f envs/gatk/pom.xml \
            dependency:copy-dependencies "-DoutputDirectory=$new/lib" < /dev/null
        (cd "$new/lib" && sha256sum --check --strict --quiet "$root/envs/gatk/jars.sha256")
        mv -T "$new" "$gatk_home"
    fi
    archive_classes "$(find_java)" || true # only a speed-up
}

prepare_minibwa() {
    local new=$tools/.new.minibwa
    local source=$new/crates/minibwa-sys/vendor/minibwa
    [[ ! -d $minibwa_home ]] || return 0
    rm -rf "$new"
    mkdir -p "$new/bin"
    cp envs/minibwa/Cargo.* "$new"
    (cd "$new" && cargo vendor --locked crates < /dev/null)
    # The options of a make that called this script are not for this one.
    env -u MAKEFLAGS -u MAKELEVEL make -C "$source" -j "$(nproc)" mimalloc=0 gpl=0
    cp "$source"/{minibwa,LICENSE.txt} "$new/bin"
    "$new/bin/minibwa" version
    mv -T "$new/bin" "$minibwa_home"
    rm -rf "$new"
}

prepare_riker() {
    local new=$tools/.new.riker
    local crate=$new/crates/riker-ngs
    [[ ! -d $riker_home ]] || return 0
    rm -rf "$new"
    mkdir -p "$new/bin"
    cp envs/riker/Cargo.* "$new"
    (cd "$new" && cargo vendor --locked crates < /dev/null)
    # From what our Cargo.lock has proved, with the versions that riker's own, the same, names.
    env -u MAKEFLAGS -u MAKELEVEL cargo build --release --locked --offline \
        --manifest-path "$crate/Cargo.toml" --target-dir "$new/target" --bin riker \
        --config 'source.crates-io.replace-with="crates"' \
        --config "source.crates.directory=\"$new/crates\"" < /dev/null
    cp "$new/target/release/riker" "$crate/LICENSE" "$new/bin"
    "$new/bin/riker" --version
    mv -T "$new/bin" "$riker_home"
    rm -rf "$new"
}

prepare_pairhmm() {
    local new=$tools/.new.pairhmm
    [[ ! -d $pairhmm_home ]] || return 0
    rm -rf "$new"
    mkdir -p "$new"
    env -u MAKEFLAGS -u MAKELEVEL make -C $native -j "$(nproc)" \
        "OUT=$new/libschelde_pairhmm.so" "OBJECTS=$new/objects"
    rm -rf "$new/objects"
    mv -T "$new" "$pairhmm_home"
}

# Java passes over an archive that does not fit it or the jars; -Xlog keeps it from saying so.
link_gatk() {
    local java
    java=$(find_java)
    printf '%s\n' "-XX:SharedArchiveFile=\"$(class_archive "$java")\"" -Xshare:auto \
        -Xlog:cds=off -Xlog:cds+dynamic=off "-cp \"$(class_path)\"" > $venv/gatk.options
    cat > $venv/bin/gatk << END
#!/bin/sh
# Takes --java-options first, as GATK's own launcher does, and GATK_JAVA_OPTS.
if [ "\$1" = --java-options ]; then
    GATK_JAVA_OPTS="\$GATK_JAVA_OPTS \$2"
    shift 2
fi
exec '$java' '@$root/$venv/gatk.options' \$GATK_JAVA_OPTS org.broadinstitute.hellbender.Main "\$@"
END
    chmod +x $venv/bin/gatk
}

# ------------------------------------------------------------------------------------------- conda

conda_installer() { command -v micromamba || command -v mamba || command -v conda; }

# One for each file in envs/, as they need not fit together; `python` is no file.
conda_home() { echo "$tools/conda-$1-$(pins "$1" | digest)"; }
pins() {
    if [[ $1 == python ]]; then
        echo python=3.11
    else
        sed -nE 's/^  - (.*=.*)/\1/p' "envs/$1.yaml"
    fi
}

# Not built beside and renamed, as an environment knows its own path: `whole` is written last.
make_conda_environment() { # name
    local home wanted
    home=$(conda_home "$1")
    [[ ! -e $home/whole ]] || return 0
    rm -rf "$home"
    mapfile -t wanted < <(pins "$1")
    "$(conda_installer)" create --yes --quiet --prefix "$home" --override-channels \
        --channel conda-forge --channel bioconda "${wanted[@]}" < /dev/null
    touch "$home/whole"
}

link_from_conda() { # name of the environment, command
    local bin
    bin=$(conda_home "$1")/bin
    [[ -x $bin/$2 ]] || return 0
    cat > "$venv/bin/$2" << END
#!/bin/sh
PATH='$bin':"\$PATH"
export PATH
exec '$bin/$2' "\$@"
END
    chmod +x "$venv/bin/$2"
}

# --------------------------------------------------------------------------------- Python packages

packages_key() { { about_package && cat $lock && echo "$root"; } | digest; }
has_packages() {
    [[ $(cat $venv/packages 2> /dev/null) == "$(packages_key)" ]] &&
        $venv/bin/python -c '' 2> /dev/null
}

pip() { $venv/bin/python -m pip --no-input --disable-pip-version-check "$@"; }

# Many times as fast as pip, but it knows nothing of the mirrors and proxies that pip is told of.
install_with_uv() {
    ! pip config list | grep -E 'index|proxy|trusted-host|client-cert' &&
        awk '/^[^ #]/ {wanted = /^uv==/} wanted' $lock > $logs/uv.lock &&
        pip install --quiet --require-hashes --no-deps -r $logs/uv.lock &&
        $venv/bin/uv pip install --quiet --system-certs --python $venv/bin/python \
            --compile-bytecode --require-hashes --build-constraints $lock -r $lock
}

install_packages() { # python
    "$1" -m venv $venv
    install_with_uv || pip install --quiet --require-hashes -r $lock
    pip install --quiet --no-index --no-deps --no-build-isolation --editable .
    packages_key > $venv/packages
}

# ---------------------------------------------------------------------------------------- messages

# Its first errors, or its end if it names none.
gist_of() { # log
    sed 's/\x1b\[[0-9;]*m//g' "$1" | {
        mapfile -t lines
        printf '%s\n' "${lines[@]}" | grep -m 2 -i '^\[\?error\]\?:\? [^ ]' ||
            printf '%s\n' "${lines[@]}" | tail -n 5
    } | cut -c 1-300 | sed 's/^/    /'
}

fail() { # what, log
    say "$1; from $2:"
    gist_of "$2"
    exit 1
}

tell_missing() { # entries as in `commands`
    local entry name package env
    local -A packages
    say "commands are missing, and here is neither root with apt-get nor a conda installer:"
    for entry in "$@"; do
        IFS=: read -r name package env <<< "$entry"
        printf '    %-13s Debian: %-29s conda: %s\n' "$name" "$package" "$(pins "$env" | head -n 1)"
        packages[$package]=1
    done
    for package in $(gatk_needs) $(minibwa_needs) $(riker_needs) $(pairhmm_needs); do
        printf '    %-13s Debian: %-29s conda: not needed\n' "(to build)" "$package"
        packages[$package]=1
    done
    [[ -e $demo_sequence ]] || packages[vt-examples]=1
    package=$(printf '%s\n' "${!packages[@]}" | sort | paste -sd ' ')
    printf '%s\n' "Do one of these, then type the same command again:" \
        "    with root:     apt-get install $package" \
        "    without root:  put micromamba, mamba or conda on PATH; set-up does the rest"
}

# A block that cannot be overlooked, and a mark that the demo reads.
tell_without() { # mark, name, why, what now
    local rule
    rule=$(printf '%.0s-' {1..80})
    echo "$3" > "$venv/without-$1"
    printf '%s\n' "$rule" "$2 could not be installed:" "$3" "$4" \
        "The next 'make setup', 'make demo' or 'make test' tries again." "$rule"
}

# --------------------------------------------------------------------------------------- its order

# Each job is a process group, so that it can be stopped with all that it started. They are not run
# as conditions, in which `set -e` would not hold.
declare -A jobs
start() { # name, function, arguments
    set -m
    ("${@:2}") > "$logs/$1.log" 2>&1 &
    jobs[$1]=$!
    set +m
}
finish() { # name
    local status=0
    [[ ${jobs[$1]:-} ]] || return 0
    wait "${jobs[$1]}" || status=$?
    unset "jobs[$1]"
    return $status
}
stop_jobs() {
    local job
    for job in "${jobs[@]}"; do kill -- "-$job" 2> /dev/null || true; done
}
trap stop_jobs EXIT

if is_done; then exit; fi
SECONDS=0
mkdir -p "$tools"
exec 9> "$tools/.lock"
flock -n 9 || { say "waiting for another set-up to end" && flock 9; }

has_packages || rm -rf $venv
mkdir -p $logs
rm -f $venv/set-up $venv/without-* $venv/gatk.options $venv/bin/{gatk,minibwa,riker} \
    $venv/lib/libschelde_pairhmm.so
for entry in "${commands[@]}"; do rm -f "$venv/bin/${entry%%:*}"; done
hash -r

if [[ $(id -u) == 0 ]] && has apt-get; then install_debian_packages; fi
mapfile -t missing < <(missing_commands)
if ((${#missing[@]})) && ! conda_installer > /dev/null; then
    tell_missing "${missing[@]}"
    exit 2
fi

no_gatk=$(gatk_needs | sed 's/^/    not here: Debian package /')
no_minibwa=$(minibwa_needs | sed 's/^/    not here: Debian package /')
no_riker=$(riker_needs | sed 's/^/    not here: Debian package /')
no_pairhmm=$(pairhmm_needs | sed 's/^/    not here: Debian package /')
if [[ ! $no_gatk ]]; then
    [[ -d $gatk_home ]] || say "GATK $gatk_version from Maven Central"
    start gatk prepare_gatk
fi
if [[ ! $no_minibwa ]]; then
    [[ -d $minibwa_home ]] || say "minibwa $minibwa_version from its Rust crate"
    start minibwa prepare_minibwa
fi
if [[ ! $no_riker ]]; then
    [[ -d $riker_home ]] || say "riker $riker_version from its Rust crate, some minutes"
    start riker prepare_riker
fi
if [[ ! $no_pairhmm ]]; then
    [[ -d $pairhmm_home ]] || say "the open caller's native part"
    start pairhmm prepare_pairhmm
fi
if python=$(find_python) && ! has_packages; then
    say "Python packages"
    start python install_packages "$python"
fi
finish gatk || no_gatk=$(gist_of $logs/gatk.log)
finish minibwa || no_minibwa=$(gist_of $logs/minibwa.log)
finish riker || no_riker=$(gist_of $logs/riker.log)
finish pairhmm || no_pairhmm=$(gist_of $logs/pairhmm.log)

from_conda=("${missing[@]}" ${no_gatk:+gatk::gatk} ${no_minibwa:+minibwa::minibwa}
    ${no_riker:+riker::riker})
if conda_installer > /dev/null; then
    for name in $(printf '%s\n' "${from_conda[@]##*:}" | sort -u); do
        [[ -e $(conda_home "$name")/whole ]] || say "conda environment of $name"
        start "conda-$name" make_conda_environment "$name"
        finish "conda-$name" || case $name in
            gatk) no_gatk+=$'\n'$(gist_of "$logs/conda-gatk.log") ;;
            minibwa) no_minibwa+=$'\n'$(gist_of "$logs/conda-minibwa.log") ;;
            riker) no_riker+=$'\n'$(gist_of "$logs/conda-riker.log") ;;
            *) fail "conda failed" "$logs/conda-$name.log" ;;
        esac
    done
fi
[[ $python ]] || start python install_packages "$(conda_home python)/bin/python3.11"
finish python || fail "Python packages failed" $logs/python.log

[[ $no_gatk ]] || link_gatk
[[ $no_minibwa ]] || ln -sfn "$minibwa_home/minibwa" $venv/bin/minibwa
[[ $no_riker ]] || ln -sfn "$riker_home/riker" $venv/bin/riker
[[ $no_pairhmm ]] || ln -sfn "$pairhmm_home/libschelde_pairhmm.so" $venv/lib/
for entry in "${from_conda[@]}"; do
    [[ $entry == python* ]] || link_from_conda "${entry##*:}" "${entry%%:*}"
done

if [[ ! -x $venv/bin/gatk ]]; then
    tell_without gatk "GATK $gatk_version" "$no_gatk" \
        "The demo will call variants with bcftools; 'caller: gatk' will be refused."
fi
if [[ ! -x $venv/bin/minibwa ]]; then
    tell_without minibwa "minibwa $minibwa_version" "$no_minibwa" \
        "'aligner: minibwa' will be refused; bwa is there."
fi
if [[ ! -x $venv/bin/riker ]]; then
    tell_without riker "riker $riker_version" "$no_riker" \
        "'qc.engine: riker' will be refused. Set 'qc.engine: picard': Picard, inside GATK, gives
the same numbers, slower."
fi
if [[ $no_pairhmm ]]; then
    tell_without pairhmm "The native part of the open caller" "$no_pairhmm" \
        "'caller: pairhmm' will be refused; gatk is there."
fi
if [[ -x $venv/bin/gatk && -x $venv/bin/minibwa && -x $venv/bin/riker && ! $no_pairhmm ]]; then
    {
        echo "$key"
        [[ $no_gatk ]] || printf '%s\n' "$gatk_home" "$(find_java)"
        [[ $no_minibwa ]] || echo "$minibwa_home"
        [[ $no_riker ]] || echo "$riker_home"
        echo "$pairhmm_home"
        for entry in "${from_conda[@]}"; do conda_home "${entry##*:}"; done
    } > $venv/set-up
fi
say "done in $SECONDS s; tools are in $tools, logs in $logs"
