import { z } from 'zod';
import type { LabCard } from '#electron/demo/lab-options';

/** What one refresh of all clusters took. */
export interface Refresh {
  cpuMs: number;
  wallMs: number;
  /** guest rows handed to the renderer */
  rows: number;
}

export interface Watched {
  refreshes: Refresh[];
  rssMiB: number;
}

/** How a program of a bench is started: its first message. */
export interface Order {
  cards: LabCard[];
  rounds: number;
  dataDir: string;
}

export const measuring = z.object({ measuring: z.literal(true) });
export const requestCount = z.object({ requests: z.number() });
export const watched = z.object({
  refreshes: z.array(z.object({ cpuMs: z.number(), wallMs: z.number(), rows: z.number() })),
  rssMiB: z.number(),
});
export const coldStart = z.object({ ms: z.number(), guests: z.number() });

/** Says something to the parent. */
export function tell(message: object): void {
  process.send?.(message);
}

/** The first message of the parent. */
export function order(): Promise<Order> {
  return new Promise((resolve) => process.once('message', (message) => resolve(message as Order)));
}

export function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** Measures one piece of work that answers with how many rows it handed on. */
export async function refresh(work: () => Promise<number>): Promise<Refresh> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const rows = await work();
  return { cpuMs: cpuMs(cpu), wallMs: performance.now() - start, rows };
}

/** The pace while a window is seen. */
export const INTERVAL_MS = 10_000;
/** A cycle of the servers' own statistics, so that a refresh finds changed values. */
export const CYCLE_MS = 10_500;
