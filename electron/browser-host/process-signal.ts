const WISHES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborts at the first wish of the person or the system to end the program, so that it ends in
 * order; the second one ends it at once.
 */
export function processSignal(): AbortSignal {
  const end = new AbortController();
  for (const wish of WISHES) {
    process.on(wish, () => {
      if (end.signal.aborted) process.exit(130);
      end.abort();
    });
  }
  return end.signal;
}
