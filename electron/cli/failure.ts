import { ORPCError } from '@orpc/client';
import { z } from 'zod';
import { ERROR_MESSAGES, errorData, Failure } from '#shared/contract/errors';

/** A failed command as scripts see it. */
export interface CliFailure {
  ok: false;
  code: string;
  message: string;
  remedy: string;
  /** dotted path -> sentence, where fields of the input were refused */
  fields?: Record<string, string>;
}

const issues = z.object({
  issues: z.array(
    z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])) }),
  ),
});

/** Whatever a call throws, as code, message and remedy; the unexpected keeps its details for the log. */
export function asFailure(error: unknown): CliFailure {
  if (error instanceof Failure) return withFields(error.code, error.message, error.data);
  if (error instanceof ORPCError) return asWireFailure(error);
  if (error instanceof Error && error.name === 'AbortError') {
    return plain('ABORTED', ERROR_MESSAGES.ABORTED, 'Run the command again when you want to.');
  }
  return plain(
    'INTERNAL',
    error instanceof Error ? error.message : 'Something went wrong inside Clusterdeck.',
    'Look into the log in the data folder; whether a change was made, a list will tell.',
  );
}

function asWireFailure(error: ORPCError<string, unknown>): CliFailure {
  const refused = issues.safeParse(error.data);
  if (error.code === 'BAD_REQUEST' && refused.success) {
    const fields = Object.fromEntries(
      refused.data.issues.map(({ path, message }) => [path.join('.'), message]),
    );
    return withFields('INVALID_INPUT', ERROR_MESSAGES.INVALID_INPUT, {
      remedy: 'Correct the named fields; nothing was stored.',
      fields,
    });
  }
  const data = errorData.safeParse(error.data);
  if (data.success) return withFields(error.code, error.message, data.data);
  return plain(error.code, error.message, 'Look into the log in the data folder.');
}

function withFields(code: string, message: string, data: z.infer<typeof errorData>): CliFailure {
  const fields = data.fields ?? (data.field === undefined ? {} : { [data.field]: message });
  return {
    ...plain(code, message, data.remedy),
    ...(Object.keys(fields).length > 0 && { fields }),
  };
}

const plain = (code: string, message: string, remedy: string): CliFailure => ({
  ok: false,
  code,
  message,
  remedy,
});
