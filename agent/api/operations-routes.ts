import { emptyRequest } from '#shared/contract/agent/actions';
import {
  agentOperation,
  candidatesAnswer,
  OPERATION_WISHES,
  type OperationWish,
  operationAnswer,
  operationPlan,
  operationsAnswer,
  planRequest,
  startRequest,
  wishAnswer,
} from '#shared/contract/agent/operations';
import { type Failure, fail } from '#shared/contract/errors';
import type { Operations } from '../operations/types';
import { json, refuse } from './answer';
import type { Audit } from './audit';
import { nameOf } from './caller';
import { ItemStream, type ItemStreams } from './item-stream';
import { parseRequest } from './read-body';
import type { Call, Route } from './routes';

interface Deps {
  operations: Operations;
  audit: Audit;
  streams: Pick<ItemStreams, 'isFull'>;
  /** name of this node, for who asked */
  node(): string;
  /** asks anew, for streams that outlive a token */
  mayStillLook(call: Call): Promise<boolean>;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const SUMMARY: Record<OperationWish, string> = {
  pause: 'Pauses it before the next step at which nobody waits',
  resume: 'Goes on with a paused one',
  retry: 'Looks again at a stuck one, and goes on from there',
  skip: 'Undoes only the part that is stuck, as one node, and goes on without it',
  abort: 'Undoes it before the pivot; after it, it is finished safely',
  rollback: 'Undoes it, also after its end as long as its time for that lasts',
  commit: 'Ends the time for a rollback',
};

/** Long work that the agents carry out by themselves: planned, approved, watched, steered. */
export function operationsRoutes({
  operations,
  audit,
  streams,
  node,
  mayStillLook,
}: Deps): Route[] {
  const who = (call: Call) => nameOf(call.caller, node());
  return [
    {
      method: 'GET',
      path: '/api/v1/operations',
      role: 'viewer',
      summary: 'Operations, newest first, at most 100',
      answer: operationsAnswer,
      handle: async () => json(200, { operations: await operations.list() }),
    },
    {
      method: 'GET',
      path: '/api/v1/operations/candidates',
      role: 'viewer',
      summary: 'Which nodes could take which role, or leave, and why not',
      answer: candidatesAnswer,
      handle: async () => json(200, await operations.candidates()),
    },
    {
      method: 'POST',
      path: '/api/v1/operations/plan',
      role: 'operator',
      summary: 'Plans an operation and changes nothing',
      request: planRequest,
      answer: operationPlan,
      handle: async (call) =>
        json(200, await operations.plan(parseRequest(planRequest, call), who(call))),
    },
    {
      method: 'POST',
      path: '/api/v1/operations',
      role: 'operator',
      summary: 'Begins what was planned, where nothing that the plan rests on has changed',
      request: startRequest,
      answer: agentOperation,
      handle(call) {
        const { plan_hash: hash, confirm } = parseRequest(startRequest, call);
        const what = { action: 'operation.start', subject: hash.slice(0, 12), detail: confirm };
        return audit.during(call, what, async () => {
          const operation = await operations.start(hash, confirm, who(call));
          const message = `${operation.title}: operation ${operation.id} begins.`;
          return { message, answer: json(200, operation) };
        });
      },
    },
    {
      method: 'GET',
      path: '/api/v1/operations/{id}',
      role: 'viewer',
      summary: 'One operation with its plan, its log, and what users feel',
      answer: operationAnswer,
      handle: async (call) => json(200, await operations.get(idOf(call))),
    },
    {
      method: 'GET',
      path: '/api/v1/operations/{id}/events',
      role: 'viewer',
      summary: 'The same at each change, as server-sent events, until it is over',
      answer: null,
      type: 'text/event-stream',
      async handle(call) {
        const id = idOf(call);
        if (streams.isFull) {
          const remedy = 'Close other watchers, or ask again at intervals.';
          return refuse(503, 'too-many-streams', 'Too many watch this agent.', remedy);
        }
        // what is not there is refused with a status, not within a stream
        await operations.get(id);
        const items = (signal: AbortSignal) => operations.watch(id, signal);
        return new ItemStream(items, () => mayStillLook(call));
      },
    },
    ...OPERATION_WISHES.map(
      (wish): Route => ({
        method: 'POST',
        path: `/api/v1/operations/{id}/${wish}`,
        role: 'operator',
        summary: SUMMARY[wish],
        request: emptyRequest,
        answer: wishAnswer,
        handle(call) {
          const id = idOf(call);
          parseRequest(emptyRequest, call);
          const what = { action: `operation.${wish}`, subject: id, detail: '' };
          return audit.during(call, what, async () => {
            const message = await operations.ask(id, wish, who(call));
            return { message, answer: json(200, { ok: true, message }) };
          });
        },
      }),
    ),
  ];
}

/** @throws Failure INVALID_INPUT */
function idOf({ params }: Call): string {
  const id = params['id'] ?? '';
  if (ID.test(id)) return id;
  throw noId();
}

const noId = (): Failure =>
  fail(
    'INVALID_INPUT',
    { remedy: 'Give the id as the list of operations shows it.', field: 'id' },
    'This is no id of an operation.',
  );
