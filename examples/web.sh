#!/bin/sh
# The `web` of Procfile.example: compiles examples/web.rs (about a second, the first time only), then becomes it.
set -eu

# A directory for each instance, so that web.1 and web.2 can compile at the same time.
build="${CARGO_TARGET_DIR:-target}/example/${PS:-web}"

# Older than its source, or not there: compile. (find, because `test -nt` is no POSIX of old.)
if [ -z "$(find "$build/web" -newer examples/web.rs 2>/dev/null)" ]; then
    echo "compiling examples/web.rs"
    mkdir -p "$build"
    "${RUSTC:-rustc}" --edition 2024 --out-dir "$build" examples/web.rs
fi
exec "$build/web"
