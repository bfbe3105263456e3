import type { Remote } from '#shared/contract/remotes';
import type { Problem } from '../../transport/failure';
import type { Tone } from '../../ui/state';
import type { SyncRun } from './sync-desk';

interface RemoteState {
  tone: Tone;
  word: string;
}

/** How a remote stands, in a word: what is under way, what went wrong, what waits. */
export function remoteState(remote: Remote, run: SyncRun, waiting: number): RemoteState {
  if (run.phase === 'reading') return { tone: 'busy', word: 'being read' };
  if (run.phase === 'running') return { tone: 'busy', word: 'syncing' };
  if (run.problem !== null || remote.lastFailure !== null) {
    return { tone: 'bad', word: 'last sync failed' };
  }
  if (waiting > 0) return { tone: 'information', word: 'changes wait' };
  if (remote.lastSyncAt === null) return { tone: 'idle', word: 'not synced yet' };
  return { tone: 'ok', word: 'in step' };
}

/** Why the last sync failed, as this window saw it or as the core remembers it. */
export function remoteProblem(remote: Remote, run: SyncRun): Problem | null {
  if (run.problem !== null || remote.lastFailure === null) return run.problem;
  const { code, message, data } = remote.lastFailure;
  return { code, title: message, remedy: data.remedy, data };
}

/** `portal.example.org`, with its port where it is not the usual one. */
export function remoteHost(url: string): string {
  return URL.parse(url)?.host ?? url;
}

export function accountWords({ auth, user }: Pick<Remote, 'auth' | 'user'>): string {
  switch (auth) {
    case 'login':
      return `signs in as ${user ?? 'nobody'}`;
    case 'token':
      return 'with a token';
    case 'none':
      return 'without signing in';
  }
}

/** How its certificate is judged. */
export function trustWords({ url, verify, pin }: Pick<Remote, 'url' | 'verify' | 'pin'>): string {
  if (url.startsWith('http:')) return 'not encrypted';
  switch (verify) {
    case 'pin':
      return pin === null ? 'no certificate pinned yet' : 'certificate pinned';
    case 'ca':
      return 'certificate of a CA';
    case 'off':
      return 'certificate not verified';
  }
}

/** Whether anybody in between can read along. */
export function isOpenToAll({ url, verify }: Pick<Remote, 'url' | 'verify'>): boolean {
  return url.startsWith('http:') || verify === 'off';
}
