import { Failure } from '#shared/contract/errors';
import { readConfig } from '../../config/read';
import { systemClock } from '../../host/clock';
import { systemCommands } from '../../host/commands';
import { type CommandContext, DEFAULT_CONFIG, nodeNameOf, stateFolders } from '../context';
import { isRunning } from '../local-api';
import { checkDisk, checkEnrolment, checkFence, checkIdentity } from './files';
import { bad, type Check, type Finding, ok, type Surroundings, warning } from './finding';
import { checkAddress, checkClock, checkNames, checkPorts, checkTailscale } from './network';
import { checkMunge, checkNode, checkPrograms } from './programs';

const CHECKS: readonly Check[] = [
  checkNode,
  checkEnrolment,
  checkIdentity,
  checkDisk,
  checkFence,
  checkAddress,
  checkPorts,
  checkNames,
  checkClock,
  checkTailscale,
  checkPrograms,
  checkMunge,
];

/** `node-agent doctor`: exit code 1 where anything is bad. It changes nothing. */
export async function showDoctor(context: CommandContext): Promise<0 | 1> {
  const findings = await diagnose(context);
  const isWell = !findings.some(({ status }) => status === 'bad');
  context.out.result({ ok: isWell, findings }, () =>
    findings
      .map(({ status, message, remedy }) =>
        [status.padEnd(7), message, ...(remedy === '' ? [] : [`\n        ${remedy}`])].join(' '),
      )
      .join('\n'),
  );
  return isWell ? 0 : 1;
}

async function diagnose({ configPath, io }: CommandContext): Promise<Finding[]> {
  const path = configPath ?? DEFAULT_CONFIG;
  const configured: Finding[] = [];
  try {
    const {
      config,
      warnings,
      path: found,
    } = await readConfig(path, {
      optional: configPath === null,
    });
    configured.push(
      ok(
        'config',
        found === null ? `There is no ${path}: defaults are used.` : `${path} is valid.`,
      ),
      ...warnings.map(({ line, column, message }) =>
        warning('config', `${path}:${line}:${column}: ${message}`, 'Correct or remove it.'),
      ),
    );
    const surroundings: Surroundings = {
      config,
      nodeName: nodeNameOf(config),
      folders: stateFolders(config),
      commands: systemCommands,
      now: systemClock.now,
      isRunning: await isRunning(config, io.signal),
      signal: io.signal,
    };
    const results = await Promise.all(CHECKS.map((check) => check(surroundings)));
    return [...configured, ...results.flat()];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fields = Object.entries(error.data.fields ?? {}).map(([where, why]) =>
      bad('config', `${where}: ${why}`, error.data.remedy),
    );
    return fields.length > 0 ? fields : [bad('config', error.message, error.data.remedy)];
  }
}
