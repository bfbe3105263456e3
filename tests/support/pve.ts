import { onTestFinished } from 'vitest';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import type { LabOptions } from '#electron/demo/lab-options';

/**
 * A demo lab for one test: nobody in it acts of their own accord, tasks end at
 * the next look, refusals come at once. It is closed when the test is over.
 */
export async function withLab(options: LabOptions = {}): Promise<DemoLab> {
  const lab = await startDemoLab({
    ambient: false,
    taskPace: 0,
    unauthorizedDelayMs: 0,
    peerTimeoutMs: 50,
    ...options,
  });
  onTestFinished(() => lab.close());
  return lab;
}
