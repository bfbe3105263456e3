import { Failure } from '#shared/contract/errors';
import type { AgentIo, Output } from './io';

/** Prints what went wrong and what to do; the unexpected goes out as it is, since only root reads it. */
export function tellFailure(error: unknown, out: Output, io: AgentIo): void {
  const failure =
    error instanceof Failure
      ? {
          ok: false,
          code: error.code,
          message: error.message,
          remedy: error.data.remedy,
          ...(error.data.fields && { fields: error.data.fields }),
        }
      : {
          ok: false,
          code: 'INTERNAL',
          message: error instanceof Error ? error.message : String(error),
          remedy: 'Look into the log of the node agent.',
        };
  if (out.json) {
    io.stdout(`${JSON.stringify(failure, null, 2)}\n`);
    return;
  }
  const fields = Object.entries(('fields' in failure && failure.fields) || {});
  out.note(
    [failure.message, ...fields.map(([where, why]) => `  ${where}  ${why}`), failure.remedy].join(
      '\n',
    ),
  );
}
