# What a contributor types. `just` alone is what to run before every push.

# Format, lints, tests.
default: fmt clippy test

# Rewrites the sources in the one format.
fmt:
    cargo fmt

# All lints, as strict as CI.
clippy:
    cargo clippy --all-targets -- -D warnings

# All tests.
test:
    cargo test

# Random worlds for the supervisor; more seeds than `cargo test` takes.
worlds N="100000":
    FORGE_WORLDS={{ N }} cargo test --release --lib -- supervisor::sim --nocapture

# One story of the supervisor (or any test), by a part of its name.
story NAME:
    cargo test --lib -- {{ NAME }} --nocapture

# Accepts what the tests print now as what they expect; read the diff as prose.
snap:
    UPDATE_EXPECT=1 cargo test
    git diff --stat

# The example of the README.
demo *ARGS:
    cargo run --release -- start -f Procfile.example {{ ARGS }}

# The documentation of the code, in a browser.
docs:
    cargo doc --no-deps --document-private-items --open

# What CI does.
ci:
    .ci/run

# Licences, advisories and duplicates of the dependencies (needs cargo-deny).
deny:
    cargo deny check
