#!/usr/bin/env bash
# Install the two S3 servers that the tests of `schelde submit` send to, into the folder given.
#
# S3Mock is one file from Maven Central and needs Java 17. s3s-fs is built from its Rust crate, with
# the dependencies that its own lock file pins; it is the one of the two that checks signatures.
# What cannot be had is left out: its tests say so and are skipped. OpenSSH's server, for SFTP, is
# the Debian package openssh-server.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(realpath -m "${1:?the folder to install into}")
s3s_fs=0.14.1
new=$target.new
status=0

rm -rf "$new"
mkdir -p "$new"
trap 'rm -rf "$new"' EXIT

if command -v mvn > /dev/null; then
    mvn -B -q -Dstyle.color=never --strict-checksums -f "$here/pom.xml" \
        dependency:copy-dependencies -DoutputDirectory="$new/jars"
    (cd "$new/jars" && sha256sum --quiet --check "$here/jars.sha256")
    mv "$new"/jars/s3mock-*.jar "$new/s3mock.jar"
    rmdir "$new/jars"
else
    echo "no mvn, so no S3Mock"
    status=1
fi

if command -v cargo > /dev/null; then
    env -u MAKEFLAGS -u MAKELEVEL CARGO_TARGET_DIR="$new/target" \
        cargo install --quiet --locked --features binary --root "$new" "s3s-fs@$s3s_fs"
    rm -rf "$new/target"
else
    echo "no cargo, so no s3s-fs"
    status=1
fi

rm -rf "$target"
mv "$new" "$target"
exit $status
