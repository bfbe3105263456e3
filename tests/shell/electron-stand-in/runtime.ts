import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chromium } from './chromium';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

let running: { chromium: Chromium; profile: string } | null = null;

/** The one Chromium behind all windows, started with the first of them. */
export function chromium(): Chromium {
  if (running !== null) return running.chromium;
  const executable = [process.env['CHROMIUM'] ?? '', ...CANDIDATES].find((path) =>
    existsSync(path),
  );
  if (executable === undefined) throw new Error('The stand-in for Electron needs Chromium');
  const profile = mkdtempSync(join(tmpdir(), 'clusterdeck-stand-in-'));
  running = { chromium: new Chromium(executable, profile), profile };
  return running.chromium;
}

export async function closeChromium(): Promise<void> {
  const ending = running;
  running = null;
  if (ending === null) return;
  await ending.chromium.close();
  rmSync(ending.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}
