import type { Contract } from '#shared/contract/index';

/** Every call there is, as `clusters.list`. */
type CallName = {
  [Area in keyof Contract & string]: `${Area}.${keyof Contract[Area] & string}`;
}[keyof Contract & string];

type Admit = true | ((input: unknown) => boolean);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const hasOnly = (names: ReadonlySet<string>) => (input: unknown) =>
  isRecord(input) && Object.keys(input).every((name) => names.has(name));

/**
 * A draft may take the stored secret to an address of its own choice: who may not change where a
 * cluster is must not test one either.
 */
const isStored: Admit = (input) => isRecord(input) && !('draft' in input);

const isDryRun: Admit = (input) => isRecord(input) && input['dryRun'] === true;

/** How this person likes to look at things; it changes nothing that others see. */
const LOOKS = new Set(['theme', 'density', 'deckSort', 'singleKeys', 'guestColumns']);

/**
 * What viewer mode admits: calls that only read, or change how things look. Everything else is
 * refused, so that a new call is until somebody puts it here.
 */
export const READS: { readonly [Name in CallName]?: Admit } = {
  'access.activity': true,
  'access.lock': true,
  'access.setLock': true,
  'access.setViewer': true,
  'access.status': true,
  'access.unlock': true,
  'access.watch': true,
  'agents.enrolDefaults': true,
  'app.focus': true,
  'app.info': true,
  'app.openDemo': true,
  'app.openService': true,
  'app.openWebInterface': true,
  'audit.export': true,
  'audit.list': true,
  'audit.verify': true,
  'bundles.export': (input) => isRecord(input) && input['withSecrets'] !== true,
  'bundles.last': true,
  'bundles.offers': true,
  'bundles.open': true,
  'bundles.preview': true,
  'charts.get': true,
  'clusterOperations.candidates': true,
  'clusterOperations.get': true,
  'clusterOperations.list': true,
  'clusterOperations.plan': true,
  'clusterOperations.report': true,
  'clusterOperations.watch': true,
  'clusters.get': true,
  'clusters.list': true,
  'connection.answerTfa': true,
  'connection.certificate': true,
  'connection.missing': true,
  'connection.refresh': true,
  'connection.rights': true,
  'connection.siblings': true,
  'connection.storages': isStored,
  'connection.test': isStored,
  'drafts.get': true,
  'groups.list': true,
  'guests.show': true,
  'inventory.poll': true,
  'inventory.query': true,
  'live.attention': true,
  'live.watch': true,
  'merge.duplicates': true,
  'merge.look': true,
  'merge.sightings': true,
  'operations.get': true,
  'operations.list': true,
  'remotes.list': true,
  'remotes.test': true,
  'settings.get': true,
  'settings.update': hasOnly(LOOKS),
  'sync.outbox': true,
  'sync.preview': true,
  'sync.run': isDryRun,
  'tasks.follow': true,
  'tasks.list': true,
  'vault.status': true,
  'vault.unlock': true,
};

/** What a locked app answers: nothing that tells of a cluster. */
export const WHILE_LOCKED: { readonly [Name in CallName]?: true } = {
  'access.lock': true,
  'access.status': true,
  'access.unlock': true,
  'access.watch': true,
  'app.focus': true,
  'app.info': true,
};

/** Whether a call may be made in viewer mode; its input has not been validated yet. */
export function isRead(call: string, input: unknown): boolean {
  const admit = new Map<string, Admit>(Object.entries(READS)).get(call);
  return typeof admit === 'function' ? admit(input) : admit === true;
}

const DEEPEST = 6;

/** Every text in an input, which is where uuids of clusters are. */
export function* textsIn(value: unknown, depth = 0): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (isRecord(value) && depth < DEEPEST) {
    for (const inner of Object.values(value)) yield* textsIn(inner, depth + 1);
  }
}

/**
 * Whether a call may name a cluster that is read only: an export reads it, and an edit that switches
 * the mark off must not be hindered by it.
 */
export function sparesReadOnly(call: string, input: unknown): boolean {
  if (call === 'bundles.export') return true;
  if (call !== 'clusters.update' || !isRecord(input)) return false;
  return isRecord(input['changes']) && input['changes']['readOnly'] === false;
}
