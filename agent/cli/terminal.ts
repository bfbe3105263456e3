import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Standard input as it matters here. */
type Keyboard = NodeJS.ReadableStream & { isTTY?: boolean };

/**
 * Asks for one line.
 * @returns null where no person sits at the terminal; '' where they end it without a word, as with
 * Ctrl-C
 */
export async function askAtTerminal(
  keyboard: Keyboard,
  screen: NodeJS.WritableStream,
  question: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (keyboard.isTTY !== true) return null;
  // the terminal keeps editing the line itself, so that Ctrl-C stays a signal
  const lines = createInterface({ input: keyboard, terminal: false });
  screen.write(question);
  try {
    const said = [once(lines, 'line', { signal }), once(lines, 'close', { signal })];
    const [line] = await Promise.race(said);
    if (line === undefined) screen.write('\n');
    return String(line ?? '').trim();
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.write('\n');
    return '';
  } finally {
    lines.close();
  }
}
