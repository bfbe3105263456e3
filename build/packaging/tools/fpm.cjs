#!/usr/bin/env node
// Stands in for fpm where electron-builder makes a .deb from folders, by means of dpkg-deb.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const FLAGS = new Set(['--force', '--debug']);
const options = new Map();
const depends = [];
const sources = [];
const args = process.argv.slice(2);
while (args.length > 0) {
  const arg = args.shift();
  if (FLAGS.has(arg)) continue;
  if (arg === '-d') depends.push(args.shift());
  else if (arg.startsWith('-')) options.set(arg.replace(/^-+/, ''), args.shift());
  else sources.push(arg);
}
if (options.get('t') !== 'deb')
  throw new Error(`This fpm makes .deb only, not ${options.get('t')}`);

const tree = fs.mkdtempSync(path.join(os.tmpdir(), 'clusterdeck-deb-'));
fs.chmodSync(tree, 0o755);
let bytes = 0;
try {
  for (const source of sources) {
    const split = source.lastIndexOf('=');
    const from = source.slice(0, split);
    const to = path.join(tree, source.slice(split + 1));
    fs.mkdirSync(from.endsWith('/') ? to : path.dirname(to), { recursive: true });
    fs.cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
  for (const entry of fs.readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { mode, size } = fs.statSync(file);
    fs.chmodSync(file, mode & 0o111 ? 0o755 : 0o644);
    bytes += size;
  }
  const control = {
    Package: options.get('name'),
    Version: options.get('version'),
    Architecture: options.get('architecture'),
    Maintainer: options.get('maintainer'),
    'Installed-Size': Math.ceil(bytes / 1024),
    Depends: depends.join(', '),
    Recommends: options.get('deb-recommends'),
    Section: options.get('category'),
    Priority: options.get('deb-priority'),
    Homepage: options.get('url'),
    Description: options.get('description').trim().replace(/\n\s*/g, '\n '),
  };
  const folder = path.join(tree, 'DEBIAN');
  fs.mkdirSync(folder);
  fs.writeFileSync(
    path.join(folder, 'control'),
    Object.entries(control)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => `${name}: ${value}\n`)
      .join(''),
  );
  for (const [option, script] of [
    ['after-install', 'postinst'],
    ['after-remove', 'postrm'],
  ]) {
    if (!options.has(option)) continue;
    fs.copyFileSync(options.get(option), path.join(folder, script));
    fs.chmodSync(path.join(folder, script), 0o755);
  }
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, options.get('package')]);
} finally {
  fs.rmSync(tree, { recursive: true, force: true });
}
