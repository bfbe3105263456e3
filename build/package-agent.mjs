// `npm run package:agent`: the node agent as an archive for any machine with Node, and as a Debian
// package that brings its own.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  NODE_AGENT_PATHS,
  NODE_AGENT_UNIT,
  NODE_LEAVE_UNIT,
} from '../shared/domain/node-agent-unit.ts';
import { requireNode } from './node-version.mjs';
import { noticesOf } from './packaging/notices.mjs';

requireNode();
const { ensureBuilt, root } = await import('./builder.mjs');

const NAME = 'clusterdeck-node-agent';
const DEBIAN_ARCH = { x64: 'amd64', arm64: 'arm64' };
const PROGRAM_MODE = 0o755;
const FILE_MODE = 0o644;
const parts = join(root, 'build', 'packaging', 'agent');
const release = join(root, 'release');
const bundle = join(root, 'dist', 'node', 'node-agent.js');
const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const megabytes = (file) => `${(statSync(file).size / 1e6).toFixed(1)} MB`;

/** @param {string} tree */
function writer(tree) {
  return {
    text(path, text, mode = FILE_MODE) {
      mkdirSync(join(tree, dirname(path)), { recursive: true });
      writeFileSync(join(tree, path), text);
      // not at the umask's mercy
      chmodSync(join(tree, path), mode);
    },
    file(path, from, mode = FILE_MODE) {
      this.text(path, readFileSync(from), mode);
    },
  };
}

/** What both packages hold, as it lies on a machine. */
function layOut(tree) {
  const put = writer(tree);
  const docs = `usr/share/doc/${NAME}`;
  put.file('usr/lib/clusterdeck/node-agent.js', bundle);
  put.file('usr/bin/node-agent', join(parts, 'launcher.sh'), PROGRAM_MODE);
  put.text(`usr/lib/systemd/system/${NODE_AGENT_PATHS.unit}`, NODE_AGENT_UNIT);
  put.file(`usr/lib/systemd/system/${NODE_LEAVE_UNIT}`, join(parts, NODE_LEAVE_UNIT));
  put.file('etc/clusterdeck/node-agent.yaml', join(parts, 'node-agent.yaml'));
  put.file(`etc/logrotate.d/${NAME}`, join(parts, 'logrotate'));
  put.file(`${docs}/README.md`, join(parts, 'README.md'));
  put.file(`${docs}/examples/user-data.yaml`, join(parts, 'user-data.yaml'));
  put.file(`${docs}/LICENSE`, join(root, 'LICENSE'));
  put.text(`${docs}/THIRD-PARTY-NOTICES`, noticesOf(root, `${bundle}.map`).text);
  return put;
}

function makeArchive(work) {
  const name = `node-agent-${version}`;
  const tree = join(work, name);
  layOut(tree);
  cpSync(join(parts, 'README.md'), join(tree, 'README.md'));
  const file = join(release, `${name}-linux.tar.gz`);
  execFileSync('tar', ['--owner=0', '--group=0', '--sort=name', '-czf', file, '-C', work, name]);
  return file;
}

/** @returns the file, or in a sentence why it could not be made */
function makeDeb(work) {
  const { arch } = process;
  const runtime = join(root, 'node_modules', `node-linux-${arch}`);
  if (!existsSync(join(runtime, 'bin', 'node'))) return { reason: 'the Node for it is not here' };
  if (!existsSync('/usr/bin/dpkg-deb')) return { reason: 'dpkg-deb is not here' };
  const tree = join(work, 'deb');
  const put = layOut(tree);
  put.file('usr/lib/clusterdeck/node', join(runtime, 'bin', 'node'), PROGRAM_MODE);
  put.file(`usr/share/doc/${NAME}/node/LICENSE`, join(runtime, 'LICENSE'));
  put.text(`usr/share/doc/${NAME}/copyright`, copyright());
  const sizes = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  put.text('DEBIAN/control', control(DEBIAN_ARCH[arch], Math.ceil(bytes / 1024)));
  const kept = [NODE_AGENT_PATHS.config, `/etc/logrotate.d/${NAME}`];
  put.text('DEBIAN/conffiles', kept.map((path) => `${path}\n`).join(''));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    put.file(`DEBIAN/${script}`, join(parts, script), PROGRAM_MODE);
  }
  for (const folder of folders(tree)) chmodSync(folder, PROGRAM_MODE);
  const file = join(release, `${NAME}_${version}_${DEBIAN_ARCH[arch]}.deb`);
  // quick rather than small: most of it is Node
  const options = ['--root-owner-group', '-Zxz', '-z1', '--build'];
  execFileSync('dpkg-deb', [...options, tree, file], { stdio: ['ignore', 'ignore', 'inherit'] });
  return { file };
}

const folders = (tree) => [
  tree,
  ...readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name)),
];

const control = (architecture, kilobytes) => `Package: ${NAME}
Version: ${version}
Architecture: ${architecture}
Maintainer: The Clusterdeck authors <maintainers@clusterdeck.invalid>
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libstdc++6, util-linux
Recommends: serf, etcd-server, etcd-client, munge, slurm-client, slurmd
Suggests: slurmctld, tailscale
Section: admin
Priority: optional
Description: makes a machine a node of a Clusterdeck cluster
 Finds the other nodes, proves that it belongs to them, runs the roles it is
 given (SLURM controller and worker, k3s server and agent) and answers the
 dashboard API on port 9090.
`;

const copyright = () => `The node agent is under ${license}; see LICENSE beside this file.
What it contains of others is listed with its licences in THIRD-PARTY-NOTICES,
the licences of Node and its parts in node/LICENSE.
`;

await ensureBuilt();
mkdirSync(release, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'clusterdeck-agent-'));
try {
  const archive = makeArchive(work);
  console.log(
    `made      ${archive} (${megabytes(archive)}, runs on an installed Node 22.19 or newer)`,
  );
  const { file, reason } = makeDeb(work);
  if (file === undefined) console.log(`not made  the Debian package: ${reason}`);
  else console.log(`made      ${file} (${megabytes(file)}, with its own Node)`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
