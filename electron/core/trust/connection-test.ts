import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
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
import { isEndpointTrouble } from '../net/carrier';
import { abortFailure } from '../net/network-errors';
import { type Finding, judgeCertificate } from './certificate';
import type { Handshake, TrustSource } from './probe';
import { wayTo } from './way';

/** What a test asks the API of one endpoint, in the words of its kind. */
export interface ApiTrial {
  /** the stages after `tls`, in the contract's order */
  steps(factor: TfaAnswer | null): Step[];
  /** filled as the stages pass */
  readonly version: string | null;
  readonly nodeNames: string[];
  /** what was found when all have passed, in a sentence */
  verdict(): string;
  close(): Promise<void>;
}

/** What is to be tested: a stored cluster, or a form's draft. */
export interface TestSubject {
  endpoints: Endpoint[];
  verify: VerifyMode;
  /** tells a failure of the network in words that fit the kind */
  explain(failure: Failure): Failure;
  /** over a client of its own */
  open(endpoint: Endpoint, signal: AbortSignal): ApiTrial;
}

export interface TestSubjects {
  /** @throws Failure NOT_FOUND */
  stored(uuid: string): TestSubject;
  drafted(draft: ConnectionDraft): TestSubject;
}

export type TestInput = ({ uuid: string } | { draft: ConnectionDraft }) & {
  tfa?: TfaAnswer | undefined;
};

interface EndpointReport {
  label: string;
  stages: TestStage[];
  failure: Failure | null;
  api: ApiTrial | null;
}

/**
 * Tests a connection stage by stage. The first endpoint that can be reached safely is tested
 * whole and gives the verdict; the others are tested up to their certificate.
 */
export class ConnectionTest {
  readonly #subjects: TestSubjects;
  readonly #trust: TrustSource;

  constructor(subjects: TestSubjects, trust: TrustSource) {
    this.#subjects = subjects;
    this.#trust = trust;
  }

  /**
   * Tells each stage as it begins and ends, then the verdict.
   * @throws Failure NOT_FOUND | ABORTED
   */
  async *run(input: TestInput, signal: AbortSignal): AsyncGenerator<TestEvent> {
    const subject =
      'uuid' in input ? this.#subjects.stored(input.uuid) : this.#subjects.drafted(input.draft);
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
    subject: TestSubject,
    endpoint: Endpoint,
    factor: TfaAnswer | null,
    whole: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<TestEvent, EndpointReport> {
    const label = hostPort(endpoint.host, endpoint.port);
    const report: EndpointReport = { label, stages: [], failure: null, api: null };
    report.api = whole ? subject.open(endpoint, signal) : null;
    try {
      const steps = this.#network(subject, endpoint, signal);
      if (report.api !== null) steps.push(...report.api.steps(factor));
      for (const [name, work] of steps) {
        if (report.failure !== null) break;
        yield { type: 'stage', endpoint: label, stage: { name, state: 'running', ms: 0 } };
        const { stage, failure } = await timed(name, work, signal, label, subject.explain);
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
      await report.api?.close();
    }
  }

  #network(subject: TestSubject, endpoint: Endpoint, signal: AbortSignal): Step[] {
    const probe = { host: endpoint.host, port: endpoint.port, signal };
    const judge = (handshake: Handshake) => judgeCertificate(handshake, endpoint, subject.verify);
    return wayTo({ probe, trust: this.#trust, judge });
  }
}

/** One stage and what it takes to pass it. */
export type Step = [StageName, () => Promise<Finding>];

async function timed(
  name: StageName,
  work: () => Promise<Finding>,
  signal: AbortSignal,
  label: string,
  explain: TestSubject['explain'],
): Promise<{ stage: TestStage; failure: Failure | null }> {
  const startedAt = performance.now();
  const { failure: failed = null, ...found } = await work().catch((error: unknown): Finding => {
    if (signal.aborted) throw abortFailure(signal.reason, label);
    if (error instanceof Failure) return { failure: error };
    throw error;
  });
  const failure = failed === null ? null : explain(failed);
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
  const verdict = failure?.message ?? api?.verdict() ?? '';
  const others = reports.filter((report) => report.failure !== null && report.label !== label);
  if (others.length === 0) return verdict;
  const told = others.map((report) => `${report.label} (${report.failure?.message ?? ''})`);
  return `${verdict} Not usable: ${told.join(', ')}`;
}
