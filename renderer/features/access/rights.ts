import type { Right } from '#shared/contract/connection';

/** @param place a vmid, or a node's name */
export function lackOf({ held, except, privilege }: Right, place: string): string | null {
  const may = held !== except.includes(place);
  return may ? null : `The account lacks the privilege ${privilege}.`;
}
