import { z } from 'zod';
import type { RelayRecord, SlurmConfig } from '../../../roles/slurm/config';

/**
 * `A`: all controllers see one folder. `B`: the folder is copied. `takeover`: the old one does not
 * answer, and the folder shows that it does not work.
 */
export const procedure = z.enum(['A', 'B', 'takeover']);
export type Procedure = z.infer<typeof procedure>;

/** Which controller goes where; ids and names of nodes. */
export const slurmMove = z.object({
  procedure,
  from: z.string(),
  fromName: z.string(),
  to: z.string(),
  toName: z.string(),
});
export type SlurmMove = z.infer<typeof slurmMove>;

/** How the record was before the move began. */
export type Before = NonNullable<SlurmConfig['moving']>['before'];
export const before = z.object({
  controllers: z.array(z.string()),
  stateId: z.string(),
  held: z.array(z.string()),
  relays: z.array(z.object({ from: z.string(), to: z.string(), since: z.number() })),
});

type Ends = Pick<SlurmMove, 'from' | 'to'>;

const joined = (...ids: string[]) => [...new Set(ids)];
const others = (ids: readonly string[], { from, to }: Ends) =>
  ids.filter((id) => id !== from && id !== to);
const turned = (relays: readonly RelayRecord[], from: string, to: string) =>
  relays.map((relay) => (relay.to === from && relay.from !== to ? { ...relay, to } : relay));

/** Whether this operation holds the record. */
export const isHeldBy = (config: SlurmConfig, operation: string) =>
  config.moving?.operation === operation;

/** Both controllers belong to the operation; where the old one goes, a relay follows. */
export function held(config: SlurmConfig, ends: Ends, operation: string, now: number): SlurmConfig {
  const { controllers, stateId, held: ids, relays } = config;
  const known = { controllers, stateId, held: ids, relays };
  return {
    ...config,
    held: joined(...ids, ends.from, ends.to),
    relays: [...relaysOfOthers(relays, ends), { from: ends.from, to: ends.to, since: now }],
    moving: { operation, before: known },
  };
}

/** The new one comes first; the old one joins again when nobody asks at its place any more. */
export function ordered(config: SlurmConfig, ends: Ends, stateId: string): SlurmConfig {
  const first = config.moving?.before.controllers ?? config.controllers;
  return {
    ...config,
    controllers: [ends.to, ...others(first, ends)],
    stateId,
    relays: turned(config.relays, ends.from, ends.to),
  };
}

/** The move is over: keepers go by the record again, and the old one stays as it is. */
export const released = (config: SlurmConfig, { to }: Ends): SlurmConfig => ({
  ...config,
  held: config.held.filter((id) => id !== to),
  moving: null,
});

/** Before the new one is stopped: from now on the relay leads the other way. */
export function turnedBack(
  config: SlurmConfig,
  ends: Ends,
  operation: string,
  known: Before,
  now: number,
): SlurmConfig {
  if (hasTurned(config, ends) && isHeldBy(config, operation)) return config;
  return {
    ...config,
    held: joined(...config.held, ends.from, ends.to),
    relays: [...relaysOfOthers(config.relays, ends), { from: ends.to, to: ends.from, since: now }],
    moving: { operation, before: known },
  };
}

/** Whether the new one may have worked, so that jobs know it. */
export const hasTurned = ({ relays }: SlurmConfig, { from, to }: Ends) =>
  relays.some((relay) => relay.from === to && relay.to === from);

/** The old one comes first again. @param stateId of the folder that has what happened meanwhile */
export function orderedBack(
  config: SlurmConfig,
  ends: Ends,
  known: Before,
  stateId: string,
): SlurmConfig {
  if (!hasTurned(config, ends)) return { ...config, controllers: known.controllers, stateId };
  return {
    ...config,
    controllers: [ends.from, ...others(known.controllers, ends)],
    stateId,
    relays: turned(config.relays, ends.to, ends.from),
  };
}

/** Whoever worked last keeps its relay; all else is as it was. */
export function releasedBack(config: SlurmConfig, ends: Ends, known: Before): SlurmConfig {
  if (!hasTurned(config, ends)) {
    return { ...config, held: known.held, relays: known.relays, moving: null };
  }
  const ids = config.held.filter((id) => id !== ends.from);
  return { ...config, held: joined(...ids, ends.to), moving: null };
}

const relaysOfOthers = (relays: readonly RelayRecord[], { from, to }: Ends) =>
  relays.filter((relay) => relay.from !== from && relay.from !== to);
