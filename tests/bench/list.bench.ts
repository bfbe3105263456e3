import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { type Browser, chromium } from 'playwright-core';
import { build, type InlineConfig, preview } from 'vite';
import { amount, type BenchRow, median } from './row';

const ROUNDS = 5;
const SCROLLED_FRAMES = 180;
/** ten rows a frame: a hard turn of the wheel */
const SCROLL_STEP_PX = 340;
const PAINT_BUDGET_MS = 100;
const FRAME_BUDGET_MS = 17;

/** The sources, seen from where this file is bundled to. */
const pages = join(import.meta.dirname, '..', '..', 'tests', 'bench', 'pages');

interface Drawn {
  paintMs: number;
  frameP95Ms: number;
}

function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
}

/** Draws and scrolls the list in fresh pages. */
async function measure(browser: Browser, url: string): Promise<Drawn> {
  const paints: number[] = [];
  const frames: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(url);
    await page.waitForFunction('window.bench !== undefined');
    paints.push(Number(await page.evaluate('window.bench.draw()')));
    const times = await page.evaluate<number[]>(
      `window.bench.scroll(${SCROLLED_FRAMES}, ${SCROLL_STEP_PX})`,
    );
    frames.push(p95(times));
    await page.close();
  }
  return { paintMs: median(paints), frameP95Ms: median(frames) };
}

/** Row 4: 20,000 guests drawn and scrolled, beside a table that holds all its rows. */
export async function bench(): Promise<BenchRow[]> {
  const outDir = mkdtempSync(join(tmpdir(), 'clusterdeck-list-'));
  const options: InlineConfig = {
    root: pages,
    configFile: false,
    logLevel: 'error',
    plugins: [react()],
  };
  await build({ ...options, build: { outDir, emptyOutDir: true, target: 'chrome130' } });
  const server = await preview({
    ...options,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  });
  const browser = await chromium.launch({
    executablePath: process.env['CLUSTERDECK_BROWSER'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const [url = ''] = server.resolvedUrls?.local ?? [];
    const ours = await measure(browser, url);
    const rival = await measure(browser, `${url}?rival`);
    return [
      {
        what: 'list of 20,000 guests, first paint',
        budget: `< ${PAINT_BUDGET_MS} ms`,
        ours: amount(ours.paintMs, 'ms'),
        rival: amount(rival.paintMs, 'ms'),
        ratio: rival.paintMs / ours.paintMs,
        within: ours.paintMs < PAINT_BUDGET_MS,
      },
      {
        what: 'list of 20,000 guests, p95 of a frame while scrolling',
        budget: `< ${FRAME_BUDGET_MS} ms`,
        ours: amount(ours.frameP95Ms, 'ms'),
        rival: amount(rival.frameP95Ms, 'ms'),
        ratio: rival.frameP95Ms / ours.frameP95Ms,
        within: ours.frameP95Ms < FRAME_BUDGET_MS,
      },
    ];
  } finally {
    await browser.close();
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  }
}
