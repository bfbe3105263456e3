/** How a job was before it was held for a merge. */
export type Was = 'free' | 'user' | 'admin';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const KEY = new RegExp(`(?:^|\\s)(${UUID}/\\d+(?:_\\d+)?)$`);
const HELD = new RegExp(`\\s?clusterdeck:(${UUID}):(free|user|admin)$`);
const TAKEN_BACK = '(taken back)';

/** The key of a carried job, which stands at the end of its comment; '' : it was not carried. */
export const keyIn = (comment: string) => KEY.exec(comment)?.[1] ?? '';

/** What the user wrote there. */
export const withoutKey = (comment: string) => comment.replace(KEY, '');
export const withKey = (comment: string, key: string) =>
  comment === '' ? key : `${comment} ${key}`;
/** For one that is ended because its original goes on: it is no carried job any more. */
export const takenBack = (comment: string) => `${comment} ${TAKEN_BACK}`;

/** Which operation holds a job, and how it was before; it stands at the end of its admin comment. */
export function holdIn(adminComment: string): { operation: string; was: Was } | null {
  const [, operation = '', was] = HELD.exec(adminComment) ?? [];
  return was === 'free' || was === 'user' || was === 'admin' ? { operation, was } : null;
}
export const withoutHold = (adminComment: string) => adminComment.replace(HELD, '');
export function withHold(adminComment: string, operation: string, was: Was): string {
  const plain = withoutHold(adminComment);
  return `${plain === '' ? '' : `${plain} `}clusterdeck:${operation}:${was}`;
}
