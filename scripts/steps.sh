# Sourced by the scripts that run one command after another: prints each with the time it took.
# shellcheck shell=sh

run() {
    printf '== %s\n' "$*"
    started=$(date +%s)
    "$@"
    printf '== %d s: %s\n' "$(($(date +%s) - started))" "$1${2:+ $2}"
}
