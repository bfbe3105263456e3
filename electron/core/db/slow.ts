import type { Database, Statement } from 'better-sqlite3';
import type { Logger } from '../ports';

const SLOW_MS = 40;

/** Logs statements over 40 ms with their SQL, whose values are parameters and stay out of the log. */
export function logSlowStatements(sqlite: Database, logger: Logger): void {
  const prepare = sqlite.prepare.bind(sqlite);
  const timed = (sql: string): Statement => {
    const statement = prepare(sql);
    for (const name of ['run', 'get', 'all'] as const) {
      const original = statement[name].bind(statement);
      const wrapped = (...parameters: unknown[]): unknown => {
        const start = performance.now();
        try {
          return original(...parameters);
        } finally {
          const ms = performance.now() - start;
          if (ms > SLOW_MS) logger.warn({ ms: Math.round(ms), sql }, 'A query was slow');
        }
      };
      Object.defineProperty(statement, name, { value: wrapped });
    }
    return statement;
  };
  Object.defineProperty(sqlite, 'prepare', { value: timed });
}
