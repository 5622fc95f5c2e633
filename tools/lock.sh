#!/bin/sh
# Resolves pyproject.toml and writes requirements/*.txt with hashes.
# The lock itself holds registry addresses and stays on the machine; the lists hold names, versions and hashes only.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
export UV_PYTHON_DOWNLOADS=never
"$uv" lock --quiet --python "$(command -v python3.11 || command -v python3)"
export_list() {  # export_list <file> <arguments of uv export>
    file=requirements/$1.txt
    shift
    {
        echo "# Made by make lock from pyproject.toml; change it there."
        "$uv" export --quiet --frozen --format requirements-txt --no-emit-project --no-header --no-annotate "$@" |
            grep -vE '^ *--(index-url|extra-index-url|find-links|trusted-host)'
    } > "$file.new"
    if grep -nE '://|\.(org|com|cn|net)([/: ]|$)' "$file.new"; then
        echo "$file 里有网址，没有写入。" >&2
        exit 1
    fi
    mv "$file.new" "$file"
}
mkdir -p requirements
export_list bootstrap --only-group bootstrap
export_list run
export_list test --only-group test
export_list lint --only-group lint
echo "requirements/ 已按 pyproject.toml 更新。"
