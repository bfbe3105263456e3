import { existsSync } from 'node:fs';
import { composeAgent, type NodeAgent } from '../compose';
import type { AgentConfig } from '../config/schema';
import { crossingHere } from '../crossing/here';
import { systemClock } from '../host/clock';
import { systemCommands } from '../host/commands';
import { privateFolder, writeWhole } from '../host/files';
import { takeLock } from '../host/lock';
import { type AgentLogger, createLogger, type LogLevel } from '../host/logger';
import { createMachine } from '../host/machine';
import { notifySystemd, type SystemdNotes } from '../host/notify';
import { createSupervisor } from '../host/supervisor/index';
import { identify } from '../host/supervisor/process-table';
import { readEnrolment } from '../identity/enrolment';
import { startInBackground } from './background';
import { type CommandContext, loadConfig, nodeNameOf, stateFolders } from './context';

export interface StartOptions {
  foreground?: boolean;
  logLevel?: LogLevel;
}

/** `node-agent start`: with --foreground it runs until it is ended. */
export async function start(options: StartOptions, context: CommandContext): Promise<0> {
  if (options.foreground !== true) return startInBackground(options, context);
  const { config, warnings, path } = await loadConfig(context);
  const logger = createLogger({
    level: options.logLevel ?? config.logging.level,
    ...(config.logging.file !== undefined && { file: config.logging.file }),
  });
  for (const { line, message } of warnings) logger.warn({ path, line }, message);
  const stopReopening = context.io.onSignal('SIGHUP', () => logger.reopen());
  try {
    await run(config, logger, context);
    return 0;
  } catch (error) {
    // the caller prints it too, but a journal may be all that is left to look at
    logger.error({ err: error }, 'The node agent ends');
    throw error;
  } finally {
    stopReopening();
    logger.close();
  }
}

async function run(config: AgentConfig, logger: AgentLogger, context: CommandContext) {
  const { io } = context;
  const folders = stateFolders(config);
  const goodbye = Promise.withResolvers<'leave'>();
  const stopListening = io.onSignal('SIGUSR2', () => goodbye.resolve('leave'));
  // one that never ran has no crossing to complete, and changes nothing without an enrolment
  if (!existsSync(folders.root)) await readEnrolment(config.cluster.enrolment);
  await privateFolder(folders.root);
  const unlock = takeLock(folders.lock);
  const base = { clock: systemClock, logger, commands: systemCommands };
  const supervisor = createSupervisor({ ...base, folder: folders.daemons });
  const crossing = crossingHere({ ...base, supervisor }, config, folders.root);
  const systemd = onceReady(notifySystemd(base, io.env));
  try {
    await notePid(folders.pid, logger);
    for (let why: Ending = 'crossing'; why === 'crossing'; ) {
      const isArriving = await crossing.carryOut();
      const enrolment = await readEnrolment(config.cluster.enrolment);
      const nodeName = nodeNameOf(config);
      const machine = createMachine({ disk: folders.root });
      const { version } = context;
      const agent = await composeAgent(
        { ...base, supervisor, machine, enrolment, nodeName, folders, version, crossing },
        config,
        io.signal,
      );
      const over = new AbortController();
      why = 'end';
      try {
        await agent.start();
        await systemd.ready();
        logger.info({ node: nodeName, version }, 'The node agent runs');
        why = await Promise.race([
          ended(io.signal),
          agent.ended.then(() => 'end' as const),
          agent.asked.then(() => 'leave' as const),
          goodbye.promise,
          crossing.asked.then(() => 'crossing' as const),
          ...(isArriving ? [turning(crossing.watched(agent.joined, over.signal))] : []),
        ]);
        if (why === 'leave') await sayGoodbye(agent, logger);
        logger.info({ why }, 'The node agent ends; its daemons and all jobs run on');
      } finally {
        over.abort();
        if (why !== 'crossing') await systemd.stopping();
        await agent.close();
      }
    }
  } finally {
    supervisor.release();
    stopListening();
    unlock();
  }
}

/** A second agent in the same process is no second start. */
function onceReady(systemd: SystemdNotes): SystemdNotes {
  let isTold = false;
  return {
    stopping: () => systemd.stopping(),
    async ready() {
      if (!isTold) await systemd.ready();
      isTold = true;
    },
  };
}

/** Why a composed agent is closed; at `crossing` the next one begins at once. */
type Ending = 'end' | 'leave' | 'crossing';

/** Never resolves for one that has arrived. */
async function turning(watched: Promise<'arrived' | 'turned'>): Promise<Ending> {
  const end = await watched.catch(() => 'arrived' as const);
  return end === 'turned' ? 'crossing' : new Promise<never>(() => undefined);
}

/** For `node-agent stop`; a full disk must not keep the agent from starting. */
async function notePid(path: string, logger: AgentLogger): Promise<void> {
  await writeWhole(path, JSON.stringify(await identify(process.pid))).catch((error: unknown) =>
    logger.warn({ err: error }, 'The number of this process could not be noted'),
  );
}

/** Where it cannot be said, the others find out by themselves. */
async function sayGoodbye(agent: NodeAgent, logger: AgentLogger): Promise<void> {
  try {
    await agent.leave();
    logger.info({}, 'The others know that this node goes');
  } catch (error) {
    logger.warn({ err: error }, 'The others could not be told that this node goes');
  }
}

const ended = (signal: AbortSignal) =>
  new Promise<'end'>((resolve) => {
    if (signal.aborted) resolve('end');
    else signal.addEventListener('abort', () => resolve('end'), { once: true });
  });
