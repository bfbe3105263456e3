import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import type { AgentConfig } from '../config/schema';
import { systemClock } from '../host/clock';
import { systemCommands } from '../host/commands';
import { privateFolder } from '../host/files';
import { hasSystemd } from '../host/supervisor/index';
import { readEnrolment } from '../identity/enrolment';
import { type CommandContext, loadConfig, stateFolders } from './context';
import { isRunning } from './local-api';
import type { StartOptions } from './start';

const UNIT = 'clusterdeck-node-agent';
const UNIT_FOLDERS = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
const WAIT_MS = 30_000;
const POLL_MS = 200;

/** Through systemd where the package's unit is there, else as a process of its own. */
export async function startInBackground(
  options: StartOptions,
  context: CommandContext,
): Promise<0> {
  const { config } = await loadConfig(context);
  // told here and not only in a log
  await readEnrolment(config.cluster.enrolment);
  const { out, io } = context;
  if (await isRunning(config, io.signal)) {
    out.result({ ok: true, started: false }, () => 'The node agent runs already.');
    return 0;
  }
  const isUnit = UNIT_FOLDERS.some((folder) => existsSync(join(folder, `${UNIT}.service`)));
  if (hasSystemd() && isUnit && context.configPath === null) await startUnit();
  else await startProcess(config, options, context);
  out.result({ ok: true, started: true }, () => 'The node agent runs.');
  return 0;
}

async function startUnit(): Promise<void> {
  const { code, stderr } = await systemCommands.run(['systemctl', 'start', UNIT], {
    deadlineMs: 2 * WAIT_MS,
  });
  if (code === 0) return;
  const remedy = `Look why with "journalctl -u ${UNIT}".`;
  throw fail('SERVER_ERROR', { remedy, detail: stderr.trim() }, 'systemd could not start it.');
}

async function startProcess(
  config: AgentConfig,
  { logLevel }: StartOptions,
  { configPath, io, out }: CommandContext,
): Promise<void> {
  const { root } = stateFolders(config);
  await privateFolder(root);
  const path = config.logging.file ?? join(root, 'node-agent.log');
  const log = await open(path, 'a', 0o600);
  const [entry = ''] = process.argv.slice(1);
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      entry,
      'start',
      '--foreground',
      ...(configPath === null ? [] : ['--config', configPath]),
      ...(logLevel === undefined ? [] : ['--log-level', logLevel]),
    ],
    { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/' },
  );
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  await log.close();
  const until = systemClock.monotonic() + WAIT_MS;
  while (!ended && systemClock.monotonic() < until) {
    if (await isRunning(config, io.signal)) {
      child.unref();
      out.note(`It is process ${child.pid} and logs to ${path}.`);
      return;
    }
    await systemClock.sleep(POLL_MS, io.signal);
  }
  child.unref();
  const remedy = `Look why into ${path}.`;
  if (ended) throw fail('SERVER_ERROR', { remedy, path }, 'The node agent ended at once.');
  throw fail('TIMEOUT', { remedy, path }, 'The node agent was started but does not answer yet.');
}
