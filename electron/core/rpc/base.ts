import { implement, ORPCError } from '@orpc/server';
import { Failure } from '#shared/contract/errors';
import { contract } from '#shared/contract/index';
import type { Logger } from '../ports';

/** What a host hands to each call. */
export interface RpcContext {
  logger: Logger;
}

/**
 * The contract's implementer. Expected failures become the contract's typed errors; anything else
 * is logged whole and reaches the caller as a generic INTERNAL_SERVER_ERROR.
 */
export const os = implement(contract)
  .$context<RpcContext>()
  .use(async ({ next, context, path }) => {
    const wire = (error: unknown) => toWireError(error, context.logger, path.join('.'));
    try {
      const result = await next();
      if (!isStream(result.output)) return result;
      return { ...result, output: guarded(result.output, wire) };
    } catch (error) {
      throw wire(error);
    }
  });

export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** A stream fails after its call has returned, so its errors are mapped where they surface. */
async function* guarded(stream: AsyncIterable<unknown>, wire: (error: unknown) => unknown) {
  try {
    yield* stream;
  } catch (error) {
    throw wire(error);
  }
}

function toWireError(error: unknown, logger: Logger, call: string): unknown {
  if (error instanceof Failure) {
    return new ORPCError(error.code, { defined: true, message: error.message, data: error.data });
  }
  if (error instanceof ORPCError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  logger.error({ call, error }, 'A call failed unexpectedly');
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    message: 'Something went wrong inside Clusterdeck; the log has the details.',
  });
}
