import { fail } from '#shared/contract/errors';

/**
 * Hands an address to the system's browser. Only https without credentials passes: any other
 * scheme could start a program.
 */
export async function openHttps(
  url: string,
  shell: { openExternal(url: string): Promise<void> },
): Promise<void> {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') {
    throw fail('INVALID_INPUT', { remedy: 'Only https addresses are opened in the browser.' });
  }
  await shell.openExternal(parsed.href);
}
