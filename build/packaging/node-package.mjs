import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Finds node itself through links, then prefers the Node that came with the package. */
const LAUNCHER = `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
node="$here/runtime/node"
[ -x "$node" ] || node=node
exec "$node" "$here/bin/clusterdeck.mjs" "$@"
`;
const ENTRY = `import { requireNode } from '../build/node-version.mjs';
import { fileURLToPath } from 'node:url';

requireNode();
const cli = new URL('../dist/node/cli.js', import.meta.url);
process.argv[1] = fileURLToPath(cli);
await import(cli.href);
`;
const NOT_NEEDED = /\/better-sqlite3\/(src|deps|binding\.gyp)|\.(md|ts|map)$/;
/** the parts of other hosts */
const OTHER_HOSTS = /\/(shell|node-agent)\.js(\.map)?$/;

/**
 * Packs the browser host and the command line with everything they run on, for machines without
 * Electron and without a network: unpack, then bin/clusterdeck.
 * @returns path, size in bytes, and the Node inside or null when the machine's own is used
 */
export function packForNode({ root, output, version, platform, arch }) {
  const name = `clusterdeck-${version}`;
  const tree = join(output, name);
  rmSync(tree, { recursive: true, force: true });
  const put = (from, to = from) =>
    cpSync(join(root, from), join(tree, to), {
      recursive: true,
      dereference: true,
      filter: (file) => !NOT_NEEDED.test(file) && !OTHER_HOSTS.test(file),
    });
  for (const part of ['dist/node', 'dist/renderer', 'build/node-version.mjs']) put(part);
  for (const part of ['LICENSE', 'README.md', 'CHANGELOG.md']) {
    if (existsSync(join(root, part))) put(part);
  }
  for (const module of runtimeModules(root)) put(join('node_modules', module));
  keepOnePrebuild(join(tree, 'node_modules', 'better-sqlite3', 'prebuilds'), platform, arch);
  const { license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  write(
    tree,
    'package.json',
    JSON.stringify({ name: 'clusterdeck', version, license, type: 'module' }),
  );
  write(tree, 'bin/clusterdeck.mjs', ENTRY);
  write(tree, 'bin/clusterdeck', LAUNCHER);
  chmodSync(join(tree, 'bin', 'clusterdeck'), 0o755);

  const runtime = join('node_modules', `node-${platform}-${arch}`);
  const hasRuntime = existsSync(join(root, runtime, 'bin', 'node'));
  if (hasRuntime) {
    put(join(runtime, 'bin', 'node'), 'runtime/node');
    put(join(runtime, 'LICENSE'), 'runtime/LICENSE');
  }
  const file = join(output, `${name}-node.tar.gz`);
  execFileSync('tar', ['--owner=0', '--group=0', '-czf', file, '-C', output, name]);
  rmSync(tree, { recursive: true });
  return { file, bytes: statSync(file).size, hasRuntime };
}

/** The production dependencies, with theirs, as far as they are installed. */
function runtimeModules(root) {
  const found = new Set();
  const visit = (manifest) => {
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(manifest, 'utf8'),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const next = join(root, 'node_modules', name, 'package.json');
      // the headers that natives are compiled with, and Node itself, are not modules of the program
      if (/^node-(addon-api|linux-)/.test(name) || found.has(name) || !existsSync(next)) continue;
      found.add(name);
      visit(next);
    }
  };
  visit(join(root, 'package.json'));
  return found;
}

function keepOnePrebuild(folder, platform, arch) {
  const wanted = join(folder, `${platform}-${arch}.node`);
  const kept = readFileSync(wanted);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(wanted, kept);
}

function write(tree, path, text) {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}
