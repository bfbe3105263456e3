// `npm run bench [name ...]`: measures the budgets beside the rival's way and prints one table.
// A budget that is missed is shown, not failed: other machines are slower.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();
const { ensureBuilt, root } = await import('./builder.mjs');
const folder = join(root, 'tests', 'bench');
const out = join(root, 'dist', 'bench');

/** The measured programs are bundled as the product is; a bench itself takes packages as they are. */
async function bundle(names) {
  const programs = readdirSync(join(folder, 'programs'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name.slice(0, -3), join(folder, 'programs', name)]);
  const benches = names.map((name) => [name, join(folder, `${name}.bench.ts`)]);
  await bundleTo(out, benches, { external: true });
  await bundleTo(join(out, 'programs'), programs, {
    noExternal: true,
    external: ['better-sqlite3', '@napi-rs/keyring'],
  });
}

async function bundleTo(outDir, entries, ssr) {
  const { build } = await import('vite');
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    ssr,
    resolve: { conditions: ['node', 'import', 'module', 'default'] },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: 'node22',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(entries),
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  });
}

function print(rows) {
  const table = [
    ['what', 'budget', 'ours', "rival's way", 'ratio', ''],
    ...rows.map((row) => [
      row.what,
      row.budget,
      row.ours,
      row.rival ?? 'nothing does it',
      row.ratio === null ? '–' : `${row.ratio.toFixed(row.ratio < 10 ? 1 : 0)}x`,
      row.within ? 'within' : 'OVER',
    ]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  for (const [index, line] of table.entries()) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
    if (index === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  }
}

const asked = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length))
  .filter((name) => asked.length === 0 || asked.includes(name));
if (names.length === 0) {
  console.error(`There is no bench of that name in ${folder}.`);
  process.exit(2);
}
// the lab runs the agent as it was built
await ensureBuilt();
mkdirSync(out, { recursive: true });
try {
  await bundle(names);
  const rows = [];
  for (const name of names) {
    console.error(`Measuring ${name} ...`);
    const { bench } = await import(pathToFileURL(join(out, `${name}.js`)).href);
    rows.push(...(await bench()));
  }
  print(rows);
} finally {
  rmSync(out, { recursive: true, force: true });
}
