import { fail } from '#shared/contract/errors';

/** Services of a lab's nodes speak plain http; their addresses come from the agents alone. */
const WEB = ['https:', 'http:'];

/**
 * Hands an address to the system's browser. Only the web without credentials passes: any other
 * scheme could start a program.
 */
export async function openWebPage(
  url: string,
  shell: { openExternal(url: string): Promise<void> },
): Promise<void> {
  const parsed = URL.parse(url);
  if (
    parsed === null ||
    !WEB.includes(parsed.protocol) ||
    parsed.username !== '' ||
    parsed.password !== ''
  ) {
    throw fail('INVALID_INPUT', { remedy: 'Only web addresses are opened in the browser.' });
  }
  await shell.openExternal(parsed.href);
}
