/** What a command sees of its process; tests hand in their own. */
export interface AgentIo {
  stdout(text: string): void;
  stderr(text: string): void;
  env: NodeJS.ProcessEnv;
  /** aborted by Ctrl-C and by the wish of the system to end the program */
  signal: AbortSignal;
  /**
   * Asks the person at the terminal for one line.
   * @returns null where nobody sits there; '' where they end it without a word
   */
  prompt(question: string): Promise<string | null>;
  /**
   * `SIGHUP`: the log is to be opened anew; `SIGUSR2`: the node shall say good-bye and end.
   * @returns how to stop listening
   */
  onSignal(signal: 'SIGHUP' | 'SIGUSR2', listener: () => void): () => void;
}

/** Where a command puts its result: one JSON document, or sentences for people. */
export interface Output {
  readonly json: boolean;
  result(document: unknown, human: () => string): void;
  /** what happens meanwhile: on standard output for people, beside the one document in the other form */
  line(text: string): void;
  /** on standard error in both forms: progress, warnings */
  note(text: string): void;
}

export function createOutput(io: AgentIo, json: boolean): Output {
  return {
    json,
    result(document, human) {
      const text = json ? JSON.stringify(document, null, 2) : printable(human());
      if (text !== '') io.stdout(`${text}\n`);
    },
    line: (text) => (json ? io.stderr : io.stdout)(`${printable(text)}\n`),
    note: (text) => io.stderr(`${printable(text)}\n`),
  };
}

/** Without control characters: names come from other machines and must not steer a terminal. */
const printable = (text: string) => text.replace(/(?!\n)[\p{Cc}\p{Bidi_Control}]/gu, '�');

/** `name  value` in two columns. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, n) =>
    Math.max(title.length, ...rows.map((row) => row[n]?.length ?? 0)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
