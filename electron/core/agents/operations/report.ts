import type { OperationAnswer } from '#shared/contract/agent/operations';
import { redactText } from '#shared/domain/redact';
import type { Ordered } from './ordered';
import { markdownReport } from './report-markdown';

export type ReportFormat = 'markdown' | 'json';

/** A report as a file. */
export interface Report {
  fileName: string;
  text: string;
}

/** What the report says beside the operation itself. */
export interface ReportFacts {
  /** the cluster_id on this desk */
  clusterId: string;
  name: string;
  /** when the cluster last told of it, ms; the operation may have gone on since */
  heardAt: number;
  writtenAt: number;
  /** what this desk asked for */
  ordered: readonly Ordered[];
}

/** Written for other programs; grows when a field changes its meaning. */
const VERSION = 1;

/** The operation from its plan to its end. Outputs of commands are freed of whatever looks like a secret. */
export function reportOf(
  answer: OperationAnswer,
  facts: ReportFacts,
  format: ReportFormat,
): Report {
  const clean = withoutSecrets(answer);
  const day = new Date(clean.operation.created_at).toISOString().slice(0, 16).replaceAll(':', '');
  const stem = `clusterdeck-${facts.clusterId}-${clean.operation.kind}-${day}`;
  if (format === 'markdown') {
    return { fileName: `${stem}.md`, text: markdownReport(clean, facts) };
  }
  const { operation, plan, log, pulse } = clean;
  const report = {
    report: 'clusterdeck-operation',
    version: VERSION,
    cluster: { cluster_id: facts.clusterId, name: facts.name },
    heard_at: facts.heardAt,
    written_at: facts.writtenAt,
    ordered: facts.ordered,
    operation,
    plan,
    log,
    pulse,
  };
  return { fileName: `${stem}.json`, text: `${JSON.stringify(report, null, 2)}\n` };
}

/** The agents keep secrets out of what they log; what slipped through ends here. */
function withoutSecrets({ operation, log, ...rest }: OperationAnswer): OperationAnswer {
  const steps = operation.steps.map((step) => ({ ...step, error: redactText(step.error) }));
  return {
    ...rest,
    operation: { ...operation, steps, reason: redactText(operation.reason) },
    log: log.map((line) => ({ ...line, text: redactText(line.text) })),
  };
}
