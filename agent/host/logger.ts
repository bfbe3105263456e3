import pino from 'pino';
import { redact, redactText } from '#shared/domain/redact';
import type { Logger } from '../ports';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface AgentLogger extends Logger {
  /** opens the file anew after it was moved away, as logrotate does */
  reopen(): void;
  /** writes what is left */
  close(): void;
}

/**
 * JSON lines on standard error or in a file of mode 0600. Everything passes the redaction, whatever
 * a caller hands in.
 */
export function createLogger(options: { level: LogLevel; file?: string }): AgentLogger {
  const destination = pino.destination({
    dest: options.file ?? 2,
    append: true,
    mkdir: true,
    mode: 0o600,
    sync: true,
  });
  // a full disk must not take the agent down with it
  destination.on('error', () => undefined);
  const log = pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // errors are unfolded by the redaction, not by pino, so that no copy escapes it
      serializers: { err: (value: unknown) => value },
    },
    destination,
  );
  const at = (level: LogLevel) => (fields: object, message: string) => {
    // every request is logged at debug: what nobody reads is not redacted either
    if (log.isLevelEnabled(level)) log[level](redact(fields), redactText(message));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    reopen: () => {
      if (options.file !== undefined) destination.reopen();
    },
    close: () => destination.flushSync(),
  };
}
