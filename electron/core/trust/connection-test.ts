import type { Socket } from 'node:net';
import type { Endpoint } from '#shared/contract/clusters';
import {
  type ConnectionDraft,
  STAGES,
  type StageName,
  type TestEvent,
  type TestResult,
  type TestStage,
  type TfaAnswer,
} from '#shared/contract/connection';
import { Failure } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { isEndpointTrouble } from '../pve/carrier';
import type { SessionClient } from '../pve/client';
import type { Subject } from '../pve/clients';
import { abortFailure } from '../pve/network-errors';
import { reach, resolveName, shakeHands, type TrustSource } from './probe';
import { ApiStages, type Finding, judgeCertificate } from './stages';

/** Makes clients for a test: of a stored cluster with its running session, or of a draft. */
export interface TestClients {
  /** @throws Failure NOT_FOUND */
  stored(uuid: string): Subject;
  drafted(draft: ConnectionDraft): Subject;
  open(subject: Subject, endpoints: Endpoint[]): SessionClient;
}

export type TestInput = ({ uuid: string } | { draft: ConnectionDraft }) & {
  tfa?: TfaAnswer | undefined;
};

interface EndpointReport {
  label: string;
  stages: TestStage[];
  failure: Failure | null;
  api: ApiStages | null;
}

/**
 * Tests a connection stage by stage. The first endpoint that can be reached safely is tested
 * whole and gives the verdict; the others are tested up to their certificate.
 */
export class ConnectionTest {
  readonly #clients: TestClients;
  readonly #trust: TrustSource;

  constructor(clients: TestClients, trust: TrustSource) {
    this.#clients = clients;
    this.#trust = trust;
  }

  /**
   * Tells each stage as it begins and ends, then the verdict.
   * @throws Failure NOT_FOUND | ABORTED
   */
  async *run(input: TestInput, signal: AbortSignal): AsyncGenerator<TestEvent> {
    const subject =
      'uuid' in input ? this.#clients.stored(input.uuid) : this.#clients.drafted(input.draft);
    const reports: EndpointReport[] = [];
    let verdict: EndpointReport | null = null;
    for (const endpoint of subject.endpoints) {
      const whole: boolean = verdict === null;
      const report: EndpointReport = yield* this.#endpoint(
        subject,
        endpoint,
        input.tfa ?? null,
        whole,
        signal,
      );
      reports.push(report);
      // the client goes on to another endpoint for the same reasons
      if (whole && !(report.failure && isEndpointTrouble(report.failure))) verdict = report;
    }
    const [first] = reports;
    const told = verdict ?? first;
    if (told !== undefined) yield { type: 'done', result: resultOf(told, reports) };
  }

  async *#endpoint(
    subject: Subject,
    endpoint: Endpoint,
    factor: TfaAnswer | null,
    whole: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<TestEvent, EndpointReport> {
    const label = hostPort(endpoint.host, endpoint.port);
    const report: EndpointReport = { label, stages: [], failure: null, api: null };
    const client = whole ? this.#clients.open(subject, [endpoint]) : null;
    try {
      const steps = this.#network(subject, endpoint, signal);
      if (client !== null) {
        report.api = new ApiStages(client, subject.account, signal);
        steps.push(...apiSteps(report.api, factor));
      }
      for (const [name, work] of steps) {
        if (report.failure !== null) break;
        yield { type: 'stage', endpoint: label, stage: { name, state: 'running', ms: 0 } };
        const { stage, failure } = await timed(name, work, signal, label);
        report.stages.push(stage);
        report.failure = failure;
        yield { type: 'stage', endpoint: label, stage };
      }
      for (const name of whole ? STAGES.slice(report.stages.length) : []) {
        const stage: TestStage = { name, state: 'skipped', ms: 0 };
        report.stages.push(stage);
        yield { type: 'stage', endpoint: label, stage };
      }
      return report;
    } finally {
      await client?.close();
    }
  }

  #network(subject: Subject, endpoint: Endpoint, signal: AbortSignal): Step[] {
    const probe = { host: endpoint.host, port: endpoint.port, signal };
    let addresses: Awaited<ReturnType<typeof resolveName>> = [];
    let socket: Socket | null = null;
    return [
      [
        'name resolution',
        async () => {
          addresses = await resolveName(probe);
          return { detail: addresses.map(({ address }) => address).join(', ') };
        },
      ],
      [
        'tcp',
        async () => {
          socket = await reach(probe, addresses);
          return { detail: `${socket.remoteAddress ?? ''} port ${endpoint.port}` };
        },
      ],
      [
        'tls',
        async () => {
          if (socket === null) return {};
          const handshake = await shakeHands(probe, socket, this.#trust);
          return judgeCertificate(handshake, endpoint, subject.verify);
        },
      ],
    ];
  }
}

type Step = [StageName, () => Promise<Finding>];

function apiSteps(api: ApiStages, factor: TfaAnswer | null): Step[] {
  return [
    ['authentication', () => api.authentication(factor)],
    ['permissions', () => api.permissions()],
    ['version', () => api.versionNumber()],
    ['nodes', () => api.nodes()],
    ['quorum', () => api.quorum()],
  ];
}

async function timed(
  name: StageName,
  work: () => Promise<Finding>,
  signal: AbortSignal,
  label: string,
): Promise<{ stage: TestStage; failure: Failure | null }> {
  const startedAt = performance.now();
  const { failure = null, ...found } = await work().catch((error: unknown): Finding => {
    if (signal.aborted) throw abortFailure(signal.reason, label);
    if (error instanceof Failure) return { failure: error };
    throw error;
  });
  const ms = Math.round((performance.now() - startedAt) * 10) / 10;
  if (failure === null) return { stage: { name, state: 'passed', ms, ...found }, failure };
  const { code, message, data } = failure;
  const detail = found.detail ?? data.detail ?? message;
  const stage: TestStage = {
    ...found,
    name,
    state: 'failed',
    ms,
    detail,
    code,
    remedy: data.remedy,
  };
  return { stage, failure };
}

function resultOf(told: EndpointReport, reports: EndpointReport[]): TestResult {
  const { failure, api, label, stages } = told;
  const factors = failure?.data.factors;
  return {
    ok: failure === null,
    message: messageOf(told, reports),
    version: api?.version ?? null,
    nodes: api?.nodeNames.length ?? 0,
    nodeNames: api?.nodeNames ?? [],
    endpoint: label,
    stages,
    ...(factors === undefined ? {} : { factors }),
  };
}

function messageOf({ failure, api, label }: EndpointReport, reports: EndpointReport[]): string {
  const count = api?.nodeNames.length ?? 0;
  const verdict =
    failure?.message ??
    `Proxmox VE ${api?.version ?? ''} with ${count} ${count === 1 ? 'node' : 'nodes'}.`;
  const others = reports.filter((report) => report.failure !== null && report.label !== label);
  if (others.length === 0) return verdict;
  const told = others.map((report) => `${report.label} (${report.failure?.message ?? ''})`);
  return `${verdict} Not usable: ${told.join(', ')}`;
}
