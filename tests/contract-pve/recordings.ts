import { readFileSync } from 'node:fs';
import { z } from 'zod';

const recording = z.object({
  name: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string().nullable(),
  }),
  response: z.object({
    statusLine: z.string(),
    headers: z.record(z.string(), z.string()),
    bodyText: z.string().nullable(),
    json: z.unknown(),
  }),
});

/** One request to the real server and its answer. */
export type Recording = z.infer<typeof recording>;

/** The recordings of one file of `tests/fixtures/recorded-pve-9.2.11`. */
export function recordings(file: string): Recording[] {
  return z.array(recording).parse(readFixture(`recorded-pve-9.2.11/${file}.json`));
}

const mock = z.object({ method: z.string(), path: z.string(), body: z.unknown() });

/** The data a go-proxmox fixture has for a path. */
export function mockedData(file: string, path: string): unknown[] {
  const all = z.array(mock).parse(readFixture(`go-proxmox/${file}.json`));
  const bodies = all.filter((one) => one.method === 'GET' && one.path === path);
  return bodies.map((one) => z.object({ data: z.unknown() }).parse(one.body).data);
}

/** A fixture's parsed JSON. */
export function readFixture(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'));
}
