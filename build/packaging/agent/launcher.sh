#!/bin/sh
# The Node that came with the package, else the machine's own.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
lib=$here/../lib/clusterdeck
node=$lib/node
if [ ! -x "$node" ]; then
  node=$(command -v node) || {
    echo "node-agent needs Node 22.19 or newer, and there is none on the PATH." >&2
    exit 2
  }
  "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 22 || (a === 22 && b >= 19) ? 0 : 1)' || {
    echo "node-agent needs Node 22.19 or newer; $node is $("$node" --version)." >&2
    exit 2
  }
fi
# it works little and long: one arena and a small heap for new objects keep it small, collected by
# one thread, and with room enough that all of it is looked at once a minute and not every 10 s
export MALLOC_ARENA_MAX=1
exec "$node" --optimize-for-size --max-semi-space-size=2 \
  --initial-old-space-size=24 --single-threaded-gc --disable-warning=ExperimentalWarning "$lib/node-agent.js" "$@"
