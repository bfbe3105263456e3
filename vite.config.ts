import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const root = import.meta.dirname;
const at = (path: string) => join(root, path);
const nodeBuiltins = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];
/** Native modules and what the program's runtime brings itself; everything else is bundled. */
const external = [...nodeBuiltins, 'electron', 'better-sqlite3', '@napi-rs/keyring'];

/** Programs that run in Node or in Electron's main process. */
const programs = Object.fromEntries(
  Object.entries({
    shell: 'electron/shell/main.ts',
    'browser-host': 'electron/browser-host/main.ts',
    cli: 'electron/cli/main.ts',
  })
    .map(([name, path]): [string, string] => [name, at(path)])
    .filter(([, path]) => existsSync(path)),
);

/** Settings of everything that runs in Node. */
const forNode = {
  consumer: 'server' as const,
  resolve: {
    noExternal: true as const,
    external,
    conditions: ['node', 'import', 'module', 'default'],
  },
};

/** The agent's bundle takes of undici what it uses; see the file. */
const leanUndici: Plugin = {
  name: 'lean-undici',
  enforce: 'pre',
  applyToEnvironment: ({ name }) => name === 'agent',
  resolveId: (source) => (source === 'undici' ? at('build/packaging/agent/undici.mjs') : undefined),
};

export default defineConfig({
  root: at('renderer'),
  base: './',
  plugins: [react(), leanUndici],
  environments: {
    client: {
      build: {
        outDir: at('dist/renderer'),
        emptyOutDir: true,
        target: 'chrome130',
        chunkSizeWarningLimit: 2000,
        assetsInlineLimit: 0,
      },
    },
    node: {
      ...forNode,
      build: {
        outDir: at('dist/node'),
        emptyOutDir: true,
        target: 'node22',
        ssr: true,
        minify: false,
        sourcemap: true,
        rolldownOptions: {
          input: programs,
          external,
          output: {
            format: 'esm',
            entryFileNames: '[name].js',
            chunkFileNames: 'chunks/[name]-[hash].js',
            // a polyfill stands before what needs it, also where two programs share a chunk
            strictExecutionOrder: true,
          },
        },
      },
    },
    // one file without natives, which a node carries without anything beside it
    agent: {
      ...forNode,
      build: {
        outDir: at('dist/node'),
        // the programs beside it were just built
        emptyOutDir: false,
        target: 'node22',
        ssr: true,
        minify: false,
        sourcemap: true,
        rolldownOptions: {
          input: { 'node-agent': at('agent/main.ts') },
          external: nodeBuiltins,
          output: {
            format: 'esm',
            entryFileNames: '[name].js',
            codeSplitting: false,
            strictExecutionOrder: true,
          },
        },
      },
    },
    preload: {
      consumer: 'server',
      resolve: { noExternal: true },
      build: {
        outDir: at('dist/preload'),
        emptyOutDir: true,
        target: 'node22',
        ssr: true,
        rolldownOptions: {
          input: existsSync(at('electron/preload/preload.ts'))
            ? { preload: at('electron/preload/preload.ts') }
            : {},
          external: ['electron'],
          output: { format: 'cjs', entryFileNames: '[name].cjs' },
        },
      },
    },
  },
  builder: {
    async buildApp(builder) {
      const build = async (...names: string[]) => {
        for (const name of names) {
          const environment = builder.environments[name];
          if (environment) await builder.build(environment);
        }
      };
      await Promise.all([build('client'), build('node', 'agent'), build('preload')]);
    },
  },
});
