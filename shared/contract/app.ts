import { z } from 'zod';
import { base, nothing, uuid } from './base';

export const appInfo = z.object({
  version: z.string(),
  host: z.enum(['electron', 'browser', 'cli', 'test']),
  platform: z.string(),
  dataDir: z.string(),
  /** whether this is the demo lab on a throw-away folder */
  demo: z.boolean(),
  canOpenDemo: z.boolean(),
});
export type AppInfo = z.infer<typeof appInfo>;

export const app = {
  info: base.output(appInfo),
  /** opens the web interface of a cluster's endpoint in the system's browser */
  openWebInterface: base
    .input(z.strictObject({ uuid, guestId: z.string().max(30).optional() }))
    .output(nothing),
  /** opens the web page of a service that a ClusterOS node offers (`service/...`) */
  openService: base.input(z.strictObject({ uuid, id: z.string().max(200) })).output(nothing),
  /** starts the demo lab beside this window, on a data folder of its own */
  openDemo: base.output(nothing),
  /** brings the window of the host to the front */
  focus: base.output(nothing),
};
