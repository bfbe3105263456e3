import { composeAgent, type NodeAgent } from '../compose';
import type { AgentConfig } from '../config/schema';
import { systemClock } from '../host/clock';
import { systemCommands } from '../host/commands';
import { privateFolder, writeWhole } from '../host/files';
import { takeLock } from '../host/lock';
import { type AgentLogger, createLogger, type LogLevel } from '../host/logger';
import { createMachine } from '../host/machine';
import { notifySystemd } from '../host/notify';
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
  const { io, version } = context;
  const folders = stateFolders(config);
  const enrolment = await readEnrolment(config.cluster.enrolment);
  await privateFolder(folders.root);
  const unlock = takeLock(folders.lock);
  const leaving = Promise.withResolvers<'leave'>();
  const stopListening = io.onSignal('SIGUSR2', () => leaving.resolve('leave'));
  try {
    await notePid(folders.pid, logger);
    const base = { clock: systemClock, logger, commands: systemCommands };
    const supervisor = createSupervisor({ ...base, folder: folders.daemons });
    const agent = await composeAgent(
      {
        ...base,
        supervisor,
        machine: createMachine({ disk: folders.root }),
        enrolment,
        nodeName: nodeNameOf(config),
        folders,
        version,
      },
      config,
      io.signal,
    );
    const systemd = notifySystemd(base, io.env);
    try {
      await agent.start();
      await systemd.ready();
      logger.info({ node: nodeNameOf(config), version }, 'The node agent runs');
      void agent.asked.then(() => leaving.resolve('leave'));
      const why = await Promise.race([ended(io.signal), agent.ended, leaving.promise]);
      if (why === 'leave') await sayGoodbye(agent, logger);
      logger.info({}, 'The node agent ends; its daemons and all jobs run on');
    } finally {
      await systemd.stopping();
      await agent.close();
      supervisor.release();
    }
  } finally {
    stopListening();
    unlock();
  }
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
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
