#!/usr/bin/env bash
# Say what became of a Grid Engine job: running, success or failed. Snakemake calls it: status.sh ID
#
# qstat knows a job until it ends, qacct some seconds later (accounting is flushed at intervals). A
# job that neither knows for ten minutes is taken for failed.
set -euo pipefail
id=$1
missed=.snakemake/sge_logs/missed.$id

if ! list=$(qstat -u "$(id -un)"); then
    echo running # the master does not answer; asked again
    exit
fi
state=$(awk -v id="$id" '$1 == id { print $5 }' <<< "$list")
case $state in
    '') ;;
    *E*) # Grid Engine keeps a job that it cannot start, until somebody looks
        qdel "$id" > /dev/null
        echo failed
        exit
        ;;
    *)
        echo running
        exit
        ;;
esac

if record=$(qacct -j "$id" 2> /dev/null); then
    rm -f "$missed"
    # `failed` is Grid Engine's own verdict (a killed job has exit_status 137), 0 when all went well.
    awk '$1 == "failed" { failed = $2 } $1 == "exit_status" { status = $2 }
        END { print (failed == 0 && status == 0 ? "success" : "failed") }' <<< "$record"
elif [[ ! -e $missed ]]; then
    touch "$missed"
    echo running
elif [[ $(find "$missed" -mmin +10) ]]; then
    rm -f "$missed"
    echo failed
else
    echo running
fi
