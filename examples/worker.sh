#!/bin/sh
# The `worker` of Procfile.example: takes jobs out of the queue, one at a time. Asked to stop, it finishes its job.
set -eu

queue="${CARGO_TARGET_DIR:-target}/example/queue"
me="${PS:-worker}"
busy=
stopping=
# The shell may be anywhere when it is asked, so the answer is given here and not where it waits.
trap 'stopping=yes; [ -z "$busy" ] || echo "asked to stop, finishing $busy first"' TERM INT
mkdir -p "$queue"

# Waits in the background: a shell hears a signal at once while it waits, but only afterwards while it sleeps.
nap() {
    sleep "$1" &
    wait $! || :
}

work() {
    busy="$1"
    echo "working on $1"
    sleep 1 &
    # A signal ends the wait, not the work.
    while kill -0 $! 2>/dev/null; do
        wait $! || :
    done
    echo "done with $1"
    busy=
}

echo "waiting for jobs"
while [ -z "$stopping" ]; do
    for job in "$queue"/job-*; do
        name="${job##*/}"
        # Of two workers that reach for the same job, one gets it; with no job at all, there is nothing to move.
        if mv "$job" "$queue/$me" 2>/dev/null; then
            work "$name"
            rm -f "$queue/$me"
        fi
        [ -z "$stopping" ] || break
    done
    [ -n "$stopping" ] || nap 1
done
echo "all done, good night"
