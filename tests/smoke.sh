#!/bin/sh
# Run an installed `aggregator` away from the checkout: does the wheel hold all it needs?
# usage: sh tests/smoke.sh /path/to/aggregator, in the checkout
set -eu
command=$1
config=$PWD/config
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
"$command" --version
"$command" --config "$config" --state "$work" check
"$command" demo --port 0 --seconds 25 --folder "$work/demo" --feeds "$work/feeds"
for format in atom rss json; do
  test -s "$work/feeds/alibaba-regulation.$format" || {
    echo "the demo of the installed wheel has not published alibaba-regulation.$format" >&2
    exit 1
  }
done
"$(dirname "$command")/python" -c 'from aggregator.serve.pages.dress import static; static("style.css")'
echo "smoke: the wheel runs"
