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
import { readAs } from '../answer';

const list = z.object({ operations: z.array(z.unknown()).max(1_000) });

/** Reads `GET /api/v1/operations`; one that lies about its types is left out. @throws Failure BAD_RESPONSE */
export function readOperations(data: unknown, endpoint: string): AgentOperation[] {
  return readAs(list, data, endpoint).operations.flatMap(
    (each) => agentOperation.safeParse(each).data ?? [],
  );
}

/** @throws Failure BAD_RESPONSE, as the following */
export const readAnswer = (data: unknown, endpoint: string): OperationAnswer =>
  readAs(operationAnswer, data, endpoint);

export const readPlan = (data: unknown, endpoint: string): OperationPlan =>
  readAs(operationPlan, data, endpoint);

export const readCandidates = (data: unknown, endpoint: string): CandidatesAnswer =>
  readAs(candidatesAnswer, data, endpoint);
