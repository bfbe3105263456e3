import type { VerifyMode } from '#shared/contract/clusters';
import type { ErrorCode, FailureView } from '#shared/contract/errors';
import type { InventoryRows, NodeRow, Problem, StorageRow } from '#shared/contract/inventory';
import { countedStorages } from '#shared/domain/totals';
import { bytes, percent, plain } from '#shared/domain/units';
import type { Circumstances } from './source';

/** What the problems of a Proxmox VE cluster are read from. */
interface Standing extends Circumstances {
  rows: InventoryRows;
  /** null: unknown, or a standalone node */
  quorate: boolean | null;
}

const FULL = 0.9;
/** statistics come in cycles of ten seconds; a node that has just come up gets this long */
const SILENCE_MS = 60_000;

const ACTIONS: Partial<Record<ErrorCode, Problem['action']>> = {
  TLS_CHANGED: 'compare',
  TLS_UNTRUSTED: 'compare',
  TLS_INVALID: 'edit',
  AUTH_FAILED: 'signIn',
  SECRET_MISSING: 'signIn',
  TFA_REQUIRED: 'secondFactor',
  TFA_FAILED: 'secondFactor',
  PERMISSION_DENIED: 'look',
  VAULT_LOCKED: 'unlock',
  VAULT_UNAVAILABLE: 'unlock',
  NAME_NOT_RESOLVED: 'edit',
  NOT_PROXMOX: 'edit',
  NOT_AGENT: 'edit',
};

const WORST_FIRST: Record<Problem['severity'], number> = { bad: 0, warning: 1 };

/** What needs somebody's attention, the worst first; healthy clusters have none. */
export function problemsOf(state: Standing): Problem[] {
  return worstFirst([
    ...failureProblem(state.failure),
    ...quorumProblem(state),
    ...state.rows.nodes.flatMap((node) => nodeProblem(node, state)),
    ...countedStorages(state.rows.storages).flatMap(storageProblem),
    ...verificationProblem(state.verify),
  ]);
}

export function worstFirst(problems: Problem[]): Problem[] {
  return problems.sort((a, b) => WORST_FIRST[a.severity] - WORST_FIRST[b.severity]);
}

/** Why a cluster could not be asked. */
export function failureProblem(failure: FailureView | null): Problem[] {
  if (failure === null) return [];
  const { code, data } = failure;
  const action = ACTIONS[code] ?? 'retry';
  if (code === 'TLS_CHANGED') {
    const detail = `Pinned ${short(data.pinned)}, offered ${short(data.offered)}`;
    return [{ severity: 'bad', title: 'The certificate changed', detail, action }];
  }
  const severity = action === 'unlock' ? 'warning' : 'bad';
  return [{ severity, title: failure.message.replace(/\.$/, ''), detail: data.remedy, action }];
}

const short = (fingerprint: string | undefined) =>
  fingerprint === undefined ? 'unknown' : `${fingerprint.slice(0, 8)}…`;

function quorumProblem({ quorate }: Standing): Problem[] {
  if (quorate !== false) return [];
  return [
    {
      severity: 'bad',
      title: 'The cluster has no quorum',
      detail: 'Nothing can be started or changed until most nodes are back.',
      action: 'look',
    },
  ];
}

function nodeProblem(node: NodeRow, state: Standing): Problem[] {
  if (node.status === 'online') return [];
  const seen = state.lastOnline.get(node.node);
  if (node.status === 'unknown' && seen !== undefined && state.now - seen < SILENCE_MS) return [];
  const lost = state.rows.guests.filter(
    (guest) => guest.node === node.node && guest.status === 'unknown',
  ).length;
  const parts = [
    seen === undefined ? 'Not seen since watching began' : `Last seen ${moment(seen, state.now)}`,
    ...(lost > 0 ? [`${lost} ${lost === 1 ? 'guest' : 'guests'} unknown`] : []),
  ];
  const title =
    node.status === 'offline'
      ? `Node ${node.node} does not answer`
      : `Node ${node.node} reports no figures`;
  return [
    { severity: 'warning', title, detail: parts.join(' · '), action: 'look', node: node.node },
  ];
}

/** The clock time for today, else the day with it; people look at their own clock. */
function moment(at: number, now: number): string {
  const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  if (sameDay) return time;
  return `${new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}

function storageProblem(row: StorageRow): Problem[] {
  if (row.used === null || row.total === null || row.total === 0) return [];
  const share = row.used / row.total;
  if (share <= FULL) return [];
  const where = row.shared ? '' : ` on ${row.node}`;
  return [
    {
      severity: 'warning',
      title: `Storage ${row.storage}${where} is ${plain(percent(share))} full`,
      detail: `${plain(bytes(row.total - row.used, 'si'))} of ${plain(bytes(row.total, 'si'))} free`,
      action: 'look',
      ...(row.shared ? {} : { node: row.node }),
    },
  ];
}

export function verificationProblem(verify: VerifyMode): Problem[] {
  if (verify !== 'off') return [];
  return [
    {
      severity: 'warning',
      title: 'The certificate is not checked',
      detail: 'Somebody in between could read the password. Pin the certificate.',
      action: 'edit',
    },
  ];
}
