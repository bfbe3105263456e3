// The one entry of `npm start`, `npm run demo`, `npm run clusterdeck` and `npm run build`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();
const { build, ensureBuilt, root } = await import('./builder.mjs');
const [program = 'start', ...rest] = process.argv.slice(2);
await (program === 'build' ? build() : ensureBuilt());
if (program === 'start') {
  const { start } = await import('./start.mjs');
  await start(rest);
} else if (program !== 'build') {
  // the program sees its arguments as if it had been started directly
  process.argv = [process.argv[0], join(root, 'dist', 'node', `${program}.js`), ...rest];
  await import(pathToFileURL(process.argv[1]).href);
}
