import { z } from 'zod';
import {
  type AgentOperation,
  agentOperation,
  type CandidatesAnswer,
  candidatesAnswer,
  type OperationAnswer,
  type OperationPlan,
  operationAnswer,
  operationPlan,
} from '#shared/contract/agent/operations';
import { badAnswer } from '../answer';

const list = z.object({ operations: z.array(z.unknown()).max(1_000) });

/** Reads `GET /api/v1/operations`; one that lies about its types is left out. @throws Failure BAD_RESPONSE */
export function readOperations(data: unknown, endpoint: string): AgentOperation[] {
  return read(list, data, endpoint).operations.flatMap(
    (each) => agentOperation.safeParse(each).data ?? [],
  );
}

/** @throws Failure BAD_RESPONSE, as the following */
export const readAnswer = (data: unknown, endpoint: string): OperationAnswer =>
  read(operationAnswer, data, endpoint);

export const readPlan = (data: unknown, endpoint: string): OperationPlan =>
  read(operationPlan, data, endpoint);

export const readCandidates = (data: unknown, endpoint: string): CandidatesAnswer =>
  read(candidatesAnswer, data, endpoint);

function read<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  endpoint: string,
): z.output<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  throw badAnswer(`An unexpected value at ${at}.`, endpoint);
}
