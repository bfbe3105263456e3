import { letGoAnswer } from '#shared/contract/agent/merge';
import { Failure, fail } from '#shared/contract/errors';
import { understood } from '../agent-line';
import { type CommandContext, loadConfig } from '../context';
import { tellFailure } from '../failure';
import { localLine } from '../local-api';

const PATH = '/api/v1/merge/let-go';
/** SLURM opens its partitions meanwhile. */
const DEADLINE_MS = 60_000;

export interface LetGoOptions {
  letGo?: boolean;
  with?: string;
  confirm?: string;
}

/**
 * `node-agent merge --let-go`: frees this cluster from a merge whose other cluster is gone for good.
 * @returns exit code: 0 done, 1 it failed, 2 nobody confirmed it
 */
export async function letGo(options: LetGoOptions, context: CommandContext): Promise<0 | 1 | 2> {
  const { io, out } = context;
  if (options.with !== undefined) {
    const remedy = 'Leave out --with: the other cluster is not asked.';
    throw fail('INVALID_INPUT', { remedy, field: 'with' });
  }
  const { config } = await loadConfig(context);
  const confirm =
    options.confirm ??
    (await io.prompt(
      'Only where the other cluster is gone for good. Type the name of this cluster: ',
    )) ??
    '';
  try {
    const line = localLine(config);
    const said = await line.act('POST', PATH, { confirm }, io.signal, DEADLINE_MS);
    const answer = understood(letGoAnswer, said);
    const { message, done, left } = answer;
    out.result(answer, () => [message, ...done, '', ...left].join('\n'));
    return 0;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'CONFIRMATION_REQUIRED') throw error;
    tellFailure(error, out, io);
    return 2;
  }
}
