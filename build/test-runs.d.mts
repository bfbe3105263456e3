/** Runs vitest in `folder`, then each file that failed once more, alone. */
export function runTests(run: {
  folder: string;
  args: readonly string[];
  stdio?: 'inherit' | 'ignore';
}): Promise<{
  passed: number;
  failed: number;
  /** what passed only in its second run, as `file > test` */
  second: string[];
}>;
