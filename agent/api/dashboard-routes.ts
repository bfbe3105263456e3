import {
  clusterAnswer,
  healthAnswer,
  jobsAnswer,
  leadersAnswer,
  nodesAnswer,
  overviewAnswer,
  samplesAnswer,
  servicesAnswer,
  statusAnswer,
} from '#shared/contract/agent/dashboard';
import type { Facts } from '../facts/types';
import type { Clock } from '../ports';
import { json, refuse } from './answer';
import type { Bodies, DashboardName } from './bodies';
import { rightsOf } from './caller';
import { EventStream, type Events } from './events';
import { metricsText } from './metrics';
import type { Call, Route } from './routes';

interface Deps {
  facts: Facts;
  bodies: Bodies;
  events: Events;
  clock: Pick<Clock, 'now'>;
  /** asks anew, for streams that outlive a token */
  mayStillLook(call: Call): Promise<boolean>;
  counters(): { requests: number; connections: number; streams: number };
}

const MAX_MINUTES = 1440;

/** What can be looked at. */
export function dashboardRoutes(deps: Deps): Route[] {
  const { facts, bodies, events, clock } = deps;
  const dashboard = (name: DashboardName, summary: string, answer: Route['answer']): Route => ({
    method: 'GET',
    path: `/api/v1/${name}`,
    role: 'viewer',
    summary,
    answer,
    handle: () => bodies.dashboard(name),
  });
  return [
    {
      method: 'GET',
      path: '/health',
      role: null,
      summary: 'Whether the agent answers',
      answer: healthAnswer,
      handle: () => json(200, { status: 'ok', timestamp: Math.floor(clock.now() / 1000) }),
    },
    dashboard('status', 'This node: roles, services, resources, problems', statusAnswer),
    dashboard('nodes', 'All known nodes with load, roles and drain state', nodesAnswer),
    dashboard('leaders', 'Which node leads what', leadersAnswer),
    dashboard('services', 'SLURM, k3s, tailscale and the web services', servicesAnswer),
    dashboard('cluster', 'Size and capacity of the cluster', clusterAnswer),
    dashboard('jobs', 'SLURM jobs and pods', jobsAnswer),
    {
      method: 'GET',
      path: '/api/v1/overview',
      role: 'viewer',
      summary: 'The six answers at once, and what the token may do',
      answer: overviewAnswer,
      handle: ({ caller }) => bodies.overview(rightsOf(caller) ?? 'viewer'),
    },
    {
      method: 'GET',
      path: '/api/v1/samples',
      role: 'viewer',
      summary: 'What the agents measured in the last minutes',
      query: { minutes: `1 to ${MAX_MINUTES}; 60 where it is left out` },
      answer: samplesAnswer,
      handle: (call) => samples(facts, call),
    },
    {
      method: 'GET',
      path: '/api/v1/events',
      role: 'viewer',
      summary: 'What changes, as server-sent events; Last-Event-ID goes on from there',
      answer: null,
      type: 'text/event-stream',
      handle: (call) => stream(events, call, deps),
    },
    {
      method: 'GET',
      path: '/metrics',
      role: 'viewer',
      summary: 'This node and its cluster for Prometheus',
      answer: null,
      type: 'text/plain',
      handle: () => ({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: metricsText(facts.snapshot(), deps.counters()),
      }),
    },
  ];
}

function samples(facts: Facts, { query }: Call) {
  const asked = query.get('minutes') ?? '60';
  const minutes = /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
  if (minutes < 1 || minutes > MAX_MINUTES) {
    const remedy = `Ask for 1 to ${MAX_MINUTES} minutes.`;
    return refuse(400, 'invalid-input', '`minutes` is no such number.', remedy);
  }
  return json(200, facts.samples(minutes));
}

function stream(events: Events, call: Call, { mayStillLook }: Deps) {
  if (events.isFull) {
    const remedy = 'Close other watchers, or ask again at intervals.';
    return refuse(503, 'too-many-streams', 'Too many watch this agent.', remedy);
  }
  const asked = call.headers['last-event-id'];
  const isId = typeof asked === 'string' && /^\d{1,15}$/.test(asked);
  return new EventStream(isId ? Number(asked) : null, () => mayStillLook(call));
}
