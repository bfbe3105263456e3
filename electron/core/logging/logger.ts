import { join } from 'node:path';
import pino from 'pino';
import { redact, redactText } from '#shared/domain/redact';
import type { Logger } from '../ports';
import { RotatingFile } from './rotating-file';

const MAX_BYTES = 2 * 1024 * 1024;
const KEPT_FILES = 4;

export interface FileLogger extends Logger {
  close(): void;
}

/**
 * A JSON-lines log in `<logDir>/<program>.log`, at most 10 MB with its older files. Everything
 * passes the redaction, whatever a caller hands in.
 * @param program names the file; two programs on one data folder write two files
 */
export function createLogger(options: {
  logDir: string;
  program: string;
  level?: 'debug' | 'info' | 'warn' | 'error';
}): FileLogger {
  const file = new RotatingFile(
    join(options.logDir, `${options.program}.log`),
    MAX_BYTES,
    KEPT_FILES,
  );
  const log = pino(
    {
      level: options.level ?? 'info',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // errors are unfolded by the redaction, not by pino, so that no copy escapes it
      serializers: { err: (value: unknown) => value },
    },
    file,
  );
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) =>
    log[level](redact(fields), redactText(message));
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    close: () => file.close(),
  };
}
