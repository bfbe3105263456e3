import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { portNumber, wholeNumber } from '#electron/browser-host/numbers';
import { runBrowserHost } from '#electron/browser-host/run';
import { preparePaths } from '#electron/core/local/paths';
import type { DemoLab } from '#electron/demo/lab';
import { asFailure } from '../failure';
import type { CommandContext, ExitCode } from './context';
import { type HostOptions, tellLink } from './serve';

interface DemoOptions extends HostOptions {
  clusters?: string;
  clusteros?: string;
  nodes?: string;
  guests?: string;
  delayMs?: string;
}

/** Shown below the options. */
export const DEMO_HELP = `
While it runs, lines can be typed into it, as "off forge-2", "fault forge-2 stop-hangs" or "finish
forge-3": so handing SLURM over, taking nodes away and merging Bench into Forge can be rehearsed
with what may go wrong. The line "help" names them all. On forge-4 the controller never starts, so that a handoff to it is undone.`;

/** Starts simulated clusters and a deck that shows them; leaves nothing behind. */
export async function runDemo(options: DemoOptions, context: CommandContext): Promise<ExitCode> {
  const { io, out, program } = context;
  const settings = labSettings(options);
  const port = portNumber(options.port);
  // the lab is large and only this command needs it
  const [{ startDemoLab }, { seedLab }] = await Promise.all([
    import('#electron/demo/lab'),
    import('#electron/demo/seed'),
  ]);
  const isOwn = context.dataOption === undefined;
  const data = isOwn ? mkdtempSync(join(tmpdir(), 'clusterdeck-demo-')) : context.dataOption;
  const { dataDir } = preparePaths(data);
  const lab = await startDemoLab(settings);
  const typing = new AbortController();
  let following = Promise.resolve();
  try {
    await runBrowserHost({
      data: dataDir,
      port,
      open: options.open && !out.json,
      demo: true,
      joins: false,
      endsWithWindow: true,
      installation: program.installation,
      // a throw-away folder must leave no key behind in the person's keychain
      protectors: [],
      env: io.env,
      signal: io.signal,
      async onReady({ client }) {
        await seedLab(lab.deckCards(), client);
        out.note(`The demo lab runs; its data folder is ${dataDir}`);
        out.note(`From a second shell: npm run -s clusterdeck -- --data ${dataDir} clusters list`);
        out.note('It ends with Ctrl-C, or when its window is closed.');
        if (lab.clusteros.length > 0) out.note('Type "help" to let something go wrong in it.');
        following = follow(lab, context, typing.signal);
      },
      printLink: tellLink(context, dataDir),
    });
  } finally {
    typing.abort();
    await following;
    await lab.close();
    if (isOwn) rmSync(dataDir, { recursive: true, force: true });
  }
  return 0;
}

/** Lines typed while it runs change the simulated clusters, until the input or the program ends. */
async function follow(lab: DemoLab, { io, out }: CommandContext, end: AbortSignal): Promise<void> {
  const { control } = await import('#electron/demo/controls');
  const lines = createInterface({ input: io.stdin, terminal: false });
  const stop = () => lines.close();
  end.addEventListener('abort', stop, { once: true });
  if (end.aborted) stop();
  for await (const line of lines) {
    const said = await control(lab, line).catch((error: unknown) => [asFailure(error).message]);
    for (const sentence of said) out.note(sentence);
  }
}

function labSettings(options: DemoOptions) {
  const { clusters, clusteros = '2', nodes, guests, delayMs } = options;
  return {
    clusteros: wholeNumber('--clusteros', clusteros, 0, 2),
    ...(clusters !== undefined && { clusters: wholeNumber('--clusters', clusters, 1, 200) }),
    ...(nodes !== undefined && { nodes: wholeNumber('--nodes', nodes, 1, 64) }),
    ...(guests !== undefined && { guests: wholeNumber('--guests', guests, 0, 20_000) }),
    ...(delayMs !== undefined && { apiDelayMs: wholeNumber('--delay-ms', delayMs, 0, 60_000) }),
  };
}
