/**
 * A refusal as the API words it. `status` and `text` become the status line;
 * `errors` are per-parameter texts; `bare` answers have no body at all.
 */
export class PveError extends Error {
  readonly status: number;
  readonly errors: Record<string, string> | undefined;
  readonly bare: boolean;

  constructor(
    status: number,
    text: string,
    options: { errors?: Record<string, string>; bare?: boolean } = {},
  ) {
    super(text);
    this.name = 'PveError';
    this.status = status;
    this.errors = options.errors;
    this.bare = options.bare ?? false;
  }
}

/** 400 with one text per parameter. */
export function parameterError(errors: Record<string, string>): PveError {
  return new PveError(400, 'Parameter verification failed.\n', { errors });
}

/** 403 that names the path and the privilege that lacks. */
export function permissionError(path?: string, privilege?: string): PveError {
  const detail = path === undefined ? '' : ` (${path}, ${privilege ?? ''})`;
  return new PveError(403, `Permission check failed${detail}\n`);
}

/** 401 as the proxy sends it before any handler ran: no body, no type. */
export function unauthorized(text: string): PveError {
  return new PveError(401, text, { bare: true });
}

/** 500 with the text a Perl `die` left. */
export function died(text: string): PveError {
  return new PveError(500, `${text}\n`);
}

/** 595/596: a sibling node did not answer the proxied request. */
export function peerError(status: 595 | 596, text: string): PveError {
  return new PveError(status, text, { bare: true });
}

/** A task's own failure; its text becomes `exitstatus`. */
export class TaskFailure extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'TaskFailure';
  }
}
