#!/bin/sh
# The `scheduler` of Procfile.example: puts a job into the queue every three seconds, unless too many wait there.
set -eu

queue="${CARGO_TARGET_DIR:-target}/example/queue"
most=5
stopping=
trap 'stopping=yes' TERM INT
mkdir -p "$queue"

# Waits in the background: a shell hears a signal at once while it waits, but only afterwards while it sleeps.
nap() {
    sleep "$1" &
    wait $! || :
}

number=0
while [ -z "$stopping" ]; do
    set -- "$queue"/job-*
    if [ $# -ge $most ]; then
        echo "$# jobs wait already, is there no worker?"
    else
        number=$((number + 1))
        : >"$queue/job-$number"
        echo "job-$number is in the queue"
    fi
    # Three short naps: one that begins just after the signal came is over soon.
    for _ in 1 2 3; do
        [ -n "$stopping" ] || nap 1
    done
done
echo "no more jobs today"
