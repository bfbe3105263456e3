import { ORPCError } from '@orpc/client';
import { z } from 'zod';
import { ERROR_MESSAGES, type ErrorCode, type ErrorData, errorData } from '#shared/contract/errors';
import { NotConnected } from './wire';

/** A failure as a screen shows it: what happened, what to do next. */
export interface Problem {
  title: string;
  remedy: string;
  /** null for what nobody expected */
  code: ErrorCode | null;
  data: ErrorData | null;
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && code in ERROR_MESSAGES;
}

/** Reads any thrown value into words; never shows internals. */
export function problemOf(error: unknown): Problem {
  if (error instanceof NotConnected) {
    return {
      title: error.message,
      remedy: 'Nothing was sent. It is being connected again; try once more then.',
      code: null,
      data: null,
    };
  }
  if (error instanceof ORPCError && error.defined && isErrorCode(error.code)) {
    const data = errorData.safeParse(error.data);
    return {
      title: error.message,
      remedy: data.success ? data.data.remedy : '',
      code: error.code,
      data: data.success ? data.data : null,
    };
  }
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST') return invalidInput(error.data);
  if (isAbort(error)) {
    return { title: ERROR_MESSAGES.ABORTED, remedy: '', code: 'ABORTED', data: null };
  }
  return {
    title: 'Something went wrong inside Clusterdeck.',
    remedy: 'Look whether it happened before you repeat it. The log has the details.',
    code: null,
    data: null,
  };
}

/** Whether a call ended because it was cancelled. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

const issues = z.object({
  issues: z.array(
    z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])).optional() }),
  ),
});

/** What the contract's own schemas refused, field by field. */
function invalidInput(data: unknown): Problem {
  const remedy = 'Nothing was changed. Check what was entered.';
  const parsed = issues.safeParse(data);
  const fields = Object.fromEntries(
    (parsed.data?.issues ?? []).map((issue) => [issue.path?.join('.') ?? '', issue.message]),
  );
  return {
    title: ERROR_MESSAGES.INVALID_INPUT,
    remedy,
    code: 'INVALID_INPUT',
    data: { remedy, fields },
  };
}
