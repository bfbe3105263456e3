// The house's import directions as a lint rule: a file's layer is its path, proved by its imports.
import path from 'node:path';

const LAYERS = [
  ['shared/domain', 'domain'],
  ['shared/contract', 'contract'],
  ['electron/core', 'core'],
  ['electron/shell', 'shell'],
  ['electron/preload', 'preload'],
  ['electron/browser-host', 'browser-host'],
  ['electron/cli', 'cli'],
  ['electron/demo', 'demo'],
  ['renderer', 'renderer'],
  ['agent', 'agent'],
  ['tests', 'tests'],
  ['build', 'build'],
];

const HOST = ['domain', 'contract', 'core'];
const ALLOWED = {
  domain: [],
  contract: ['domain'],
  core: ['domain', 'contract'],
  shell: [...HOST, 'demo'],
  preload: ['contract'],
  'browser-host': HOST,
  cli: [...HOST, 'browser-host', 'demo'],
  demo: ['domain', 'contract', 'agent'],
  renderer: ['domain', 'contract'],
  agent: ['domain', 'contract'],
  build: ['domain'],
};

const layerOf = (file) =>
  LAYERS.find(([prefix]) => file === prefix || file.startsWith(`${prefix}/`))?.[1];

/** The project-relative path an import names, or null for a package. */
function target(specifier, file) {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.'))
    return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  return null;
}

function complaint(file, specifier) {
  const from = layerOf(file);
  if (from === undefined || from === 'tests') return null;
  const goal = target(specifier, file);
  if (goal === null) {
    const isNode = specifier.startsWith('node:');
    if (specifier === 'electron' && from !== 'shell' && from !== 'preload') {
      return 'Only electron/shell and electron/preload import electron.';
    }
    if (isNode && ['domain', 'contract', 'renderer'].includes(from)) {
      return `${from} runs anywhere: no Node modules.`;
    }
    return null;
  }
  const to = layerOf(goal);
  if (to === undefined || to === from || ALLOWED[from].includes(to)) return null;
  return `${from} must not import ${to}.`;
}

const rule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const file = path.relative(process.cwd(), context.filename).split(path.sep).join('/');
    const check = (node, source) => {
      if (typeof source?.value !== 'string') return;
      const message = complaint(file, source.value);
      if (message !== null) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
    };
  },
};

export default { meta: { name: 'house' }, rules: { layers: rule } };
