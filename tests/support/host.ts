import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type BrowserHost, startBrowserHost } from '#electron/browser-host/host';
import { takeStoreLock } from '#electron/core/local/lock';
import { preparePaths } from '#electron/core/local/paths';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import type { LabOptions } from '#electron/demo/lab-options';
import { seedLab } from '#electron/demo/seed';
import type { Client } from '#shared/contract/index';
import { ensureBuilt, root } from '../../build/builder.mjs';
import { tempFolder } from './temp-folder';

/** A browser host on a folder of its own, in this process, with a demo lab to look at. */
export interface TestHost {
  /** the simulated clusters, for faults and for what they were asked */
  lab: DemoLab;
  /** the contract, in process */
  client: Client;
  web: BrowserHost['web'];
  dataDir: string;
  /** a page that is signed in and loaded; each has a browser profile of its own */
  newPage(options?: PageOptions): Promise<Page>;
  /** what pages wrote as errors: failed scripts, refused resources, violations of the policy */
  pageErrors: string[];
  close(): Promise<void>;
}

type PageOptions = BrowserContextOptions & {
  /** the place in the program, as `#/guests` */
  at?: string;
};

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * @param options.lab how the lab is to be; `null` starts with an empty deck and no cluster
 */
export async function startTestHost(options: { lab?: LabOptions | null } = {}): Promise<TestHost> {
  await ensureBuilt();
  const folder = tempFolder();
  const cleanup: (() => unknown)[] = [folder.remove];
  const close = async () => {
    for (const step of cleanup.splice(0).reverse()) await step();
  };
  try {
    const isEmpty = options.lab === null;
    const lab = await startDemoLab(isEmpty ? { clusters: 0 } : { ...options.lab });
    cleanup.push(() => lab.close());
    const host = await startBrowserHost({ ...hostOptions(folder.path), demo: !isEmpty });
    cleanup.push(() => host.close());
    await seedLab(lab.deckCards(), host.client);
    const pageErrors: string[] = [];
    let browser: Promise<Browser> | null = null;
    cleanup.push(async () => (await browser)?.close());
    return {
      lab,
      client: host.client,
      web: host.web,
      dataDir: folder.path,
      pageErrors,
      close,
      async newPage({ at = '', ...context } = {}) {
        browser ??= launchChromium();
        const { page, pageUrl } = await signedInPage(await browser, host.web, context, pageErrors);
        await page.goto(`${pageUrl}${at}`);
        return page;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The installed Chromium, without a window. */
const launchChromium = () =>
  chromium.launch({
    executablePath: process.env['CLUSTERDECK_BROWSER'] ?? '/usr/bin/chromium',
    args: SWITCHES,
  });

export function hostOptions(dataDir: string): Parameters<typeof startBrowserHost>[0] {
  const lock = takeStoreLock(dataDir);
  if (lock === null) throw new Error(`${dataDir} is in use.`);
  return {
    lock,
    paths: preparePaths(dataDir),
    installation: {
      version: '0.0.0-test',
      rendererDir: join(root, 'dist', 'renderer'),
      cliPath: join(root, 'dist', 'node', 'cli.js'),
    },
    env: {},
    port: 0,
    demo: false,
    // no key of a test may end up in the keychain of whoever runs it
    protectors: [],
    windows: { focus: async () => undefined, openDemo: async () => undefined },
  };
}

async function signedInPage(
  browser: Browser,
  web: BrowserHost['web'],
  options: BrowserContextOptions,
  errors: string[],
): Promise<{ page: Page; pageUrl: string }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const { cookie, pageUrl } = web.newSession();
  await context.addCookies([
    { ...cookie, domain: '127.0.0.1', httpOnly: true, sameSite: 'Strict' },
  ]);
  const page = await context.newPage();
  // shorter than a test may take, so that a failure names what was waited for
  page.setDefaultTimeout(12_000);
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, pageUrl };
}
