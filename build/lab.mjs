// `npm run lab`: hosts with real SLURM, serf and etcd on this machine.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();
const { root } = await import('./builder.mjs');
await import(pathToFileURL(join(root, 'tests', 'lab', 'main.ts')).href);
