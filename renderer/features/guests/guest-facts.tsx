import type { ReactNode } from 'react';
import type { GuestRow } from '#shared/contract/inventory';
import { bytes, count, duration, percent, plain, rate } from '#shared/domain/units';
import { Facts } from '../../ui/facts';
import { Badge } from '../../ui/state';

/** What is known of a guest from the last poll. */
export function GuestFacts({ row }: { row: GuestRow }) {
  const facts: [string, ReactNode][] = [
    [
      'CPU',
      `${plain(percent(row.cpu))} of ${plain(count(row.maxCpu))} ${row.maxCpu === 1 ? 'core' : 'cores'}`,
    ],
    ['Memory', `${plain(bytes(row.mem))} of ${plain(bytes(row.maxMem))}`],
    ['Disk', plain(bytes(row.maxDisk))],
    ['Traffic', `${plain(rate(row.netInRate))} in, ${plain(rate(row.netOutRate))} out`],
    ['Uptime', row.uptimeS ? plain(duration(row.uptimeS)) : '–'],
    ['Pool', row.pool ?? '–'],
    ['High availability', row.haState ?? 'not managed'],
    ['Tags', row.tags.length === 0 ? '–' : row.tags.map((tag) => <Badge key={tag}>{tag}</Badge>)],
  ];
  return <Facts facts={facts} />;
}
