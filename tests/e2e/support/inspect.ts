import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const artefacts = join(import.meta.dirname, '../../../artefacts');

interface AxeFinding {
  id: string;
  impact: string | null;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/**
 * Fails on anything that axe finds against WCAG 2.2 A and AA or its best practices, whatever its
 * impact. Runs over the DevTools protocol's main world, which the page's policy does not bind.
 */
export async function expectAccessible(page: Page): Promise<void> {
  // what still fades in has not its colours yet; what turns for ever is not waited for
  await page.evaluate(`Promise.all(document.getAnimations()
    .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
    .map(({ finished }) => finished.catch(() => undefined))).then(() => undefined)`);
  await page.evaluate(axeSource);
  const findings = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)`,
  );
  const told = (findings as AxeFinding[]).map(
    (finding) =>
      `${finding.impact} ${finding.id}: ${finding.help}\n${finding.nodes
        .slice(0, 4)
        .map((node) => `  ${node.target.join(' ')}\n    ${node.failureSummary ?? ''}`)
        .join('\n')}`,
  );
  expect(told, `axe on ${page.url().split('#')[1] ?? ''}`).toEqual([]);
}

/** Nothing may be wider than the window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const over = await page.evaluate(
    `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
  );
  expect(over, 'pixels wider than the window').toBe(0);
}

/** Keeps a picture of the page for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(artefacts, { recursive: true });
  await page.screenshot({ path: join(artefacts, `${name}.png`), animations: 'disabled' });
}

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 700 },
];

/**
 * No wider than the window and pictured: dark and light, large and small. Colours are the theme's and
 * the layout is the size's, so that axe sees all of both in two of the four.
 */
export async function expectEverySize(page: Page, name: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      // nothing may be measured half-way between two themes
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expectNoSidewaysScroll(page);
      if ((colorScheme === 'light') === (size === SIZES[0])) await expectAccessible(page);
      await picture(page, `${name}-${colorScheme}-${size.width}`);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}
