import type { TestResult, TestStage, TfaAnswer } from '#shared/contract/connection';
import { fail } from '#shared/contract/errors';
import { snakeCase } from '../cluster-json';
import { readSecretLine } from '../io';
import type { CommandContext, ExitCode } from './context';

/** Codes that are over in a moment stand in the options; a recovery code comes in on its own. */
export interface SecondFactorOptions {
  totp?: string;
  yubico?: string;
  recoveryStdin?: boolean;
}

async function secondFactor(
  { totp, yubico, recoveryStdin }: SecondFactorOptions,
  io: CommandContext['io'],
): Promise<TfaAnswer | undefined> {
  if (totp !== undefined) return { kind: 'totp', code: totp };
  if (yubico !== undefined) return { kind: 'yubico', code: yubico };
  if (recoveryStdin !== true) return undefined;
  return { kind: 'recovery', code: await readSecretLine(io, 'Recovery code') };
}

/** Runs the connection test of a stored cluster; stages are told as they end. */
export async function testCluster(
  ref: string,
  options: SecondFactorOptions,
  { withSession, out, io }: CommandContext,
): Promise<ExitCode> {
  const tfa = await secondFactor(options, io);
  const result = await withSession(async ({ client }) => {
    const { uuid } = await client.clusters.get({ ref });
    const events = await client.connection.test(
      { uuid, ...(tfa !== undefined && { tfa }) },
      { signal: io.signal },
    );
    let last: TestResult | null = null;
    for await (const event of events) {
      if (event.type === 'done') last = event.result;
      else if (event.stage.state !== 'running' && !out.json) out.note(stageLine(event.stage));
    }
    if (last === null) throw fail('ABORTED', { remedy: 'Run the test again.' });
    return last;
  });
  out.result(testJson(result), () => result.message);
  return result.ok ? 0 : 1;
}

/** The portal's shape of a test with the stages; a failed one also has a failure's code and remedy. */
function testJson(result: TestResult) {
  const failed = result.stages.find((stage) => stage.state === 'failed');
  return {
    ok: result.ok,
    ...(failed !== undefined && { code: failed.code ?? 'SERVER_ERROR', remedy: failed.remedy }),
    message: result.message,
    version: result.version,
    nodes: result.nodes,
    node_names: result.nodeNames,
    endpoint: result.endpoint,
    ...(result.factors !== undefined && { factors: result.factors }),
    stages: result.stages.map(({ name, state, ms, remedy, code, detail, certificate, pinned }) => ({
      name,
      state,
      ms,
      ...(remedy !== undefined && { remedy }),
      ...(code !== undefined && { code }),
      ...(detail !== undefined && { detail }),
      ...(certificate !== undefined && { certificate: snakeCase(certificate) }),
      ...(pinned !== undefined && { pinned }),
    })),
  };
}

const MARKS: Record<TestStage['state'], string> = {
  running: '...',
  passed: 'ok',
  failed: 'FAILED',
  skipped: 'skipped',
};

const INDENT = ' '.repeat(16);

function stageLine(stage: TestStage): string {
  const { name, state, ms, detail, remedy } = stage;
  const time = state === 'skipped' ? '' : `${Math.round(ms)} ms`;
  const line = `${name.padEnd(16)}${MARKS[state].padEnd(9)}${time.padStart(8)}  ${detail ?? ''}`;
  const more = [...(remedy === undefined ? [] : [remedy]), ...changedPin(stage)];
  return [line.trimEnd(), ...more.map((text) => `${INDENT}${text}`)].join('\n');
}

/** Both fingerprints of a certificate that is not the pinned one, and how to pin it after a look. */
function changedPin({ state, pinned, certificate }: TestStage): string[] {
  if (state !== 'failed' || pinned === undefined || certificate === undefined) return [];
  return [
    `pinned:  ${pinned}`,
    `offered: ${certificate.fingerprint}`,
    `  by ${certificate.issuer}, valid until ${new Date(certificate.validTo).toISOString().slice(0, 10)}`,
    'When the node itself shows the offered one, pin it: clusters edit ID --pin SHA256',
  ];
}
