import type { ClusterTotals } from '#shared/contract/inventory';
import type { BarPart } from '../../ui/bar-part';

/** What a cluster works on, as its card shows it. */
export interface CardWork {
  parts: BarPart[];
  /** the number that counts, set bold */
  figure: string;
  /** the rest of the sentence */
  words: string;
}

/** A cluster's guests as a bar and a sentence; past tense where the data are old. */
export function guestWork(guests: ClusterTotals['guests'], stale: boolean): CardWork {
  const { running, stopped, other, unknown, templates } = guests;
  const all = running + stopped + other + unknown;
  const parts: BarPart[] = [
    { name: 'running', count: running, look: 'running' },
    { name: 'paused or in between', count: other, look: 'waiting' },
    { name: 'unknown', count: unknown, look: 'unknown' },
    { name: 'stopped', count: stopped, look: 'stopped' },
    { name: 'templates', count: templates, look: 'template' },
  ];
  return { parts, ...sentence(all, guests, stale) };
}

function sentence(
  all: number,
  { running, unknown, templates }: ClusterTotals['guests'],
  stale: boolean,
): Pick<CardWork, 'figure' | 'words'> {
  if (all === 0 && templates === 0)
    return { figure: '', words: stale ? 'had no guests' : 'no guests' };
  if (templates > all) {
    const runs = stale ? 'ran' : running === 1 ? 'runs' : 'run';
    const guests = running === 1 ? '1 guest' : `${running} guests`;
    return { figure: `${templates}`, words: ` templates, ${guests} ${runs}` };
  }
  const verb = stale ? 'ran' : 'run';
  const tail = unknown > 0 ? `, ${unknown} unknown` : '';
  const noun = unknown > 0 ? '' : all === 1 ? ' guest' : ' guests';
  return { figure: `${running}`, words: ` of ${all}${noun} ${verb}${tail}` };
}
