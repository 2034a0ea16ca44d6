# What CI runs.
check:
    .ci/run

test *ARGS:
    cargo test {{ARGS}}

# Rewrites expected outputs after a change that is meant.
bless:
    INSTA_UPDATE=always BLESS=1 cargo test

# Ratios against a bare baseline in the same run.
bench:
    cargo bench
