import { portNumber } from '#electron/browser-host/numbers';
import { runBrowserHost } from '#electron/browser-host/run';
import type { CommandContext, ExitCode } from './context';

export interface HostOptions {
  port?: string;
  open: boolean;
}

/** Serves the deck until the program is ended. */
export async function runServe(options: HostOptions, context: CommandContext): Promise<ExitCode> {
  const { io, out, program } = context;
  const port = portNumber(options.port);
  await runBrowserHost({
    data: context.data,
    port,
    // a document on standard output is for a script, which opens what it wants
    open: options.open && !out.json,
    demo: false,
    joins: false,
    endsWithWindow: false,
    installation: program.installation,
    protectors: program.protectors,
    env: io.env,
    signal: io.signal,
    printLink: tellLink(context, context.paths().dataDir),
  });
  return 0;
}

/** The first link is the command's result; a later one, asked for by a second start, is a note. */
export function tellLink({ out }: CommandContext, dataDir: string) {
  let told = false;
  return (link: string, why: string | null) => {
    if (told) return out.note(`A new link, it works once: ${link}`);
    told = true;
    const reason = why === null ? '' : `No window opens: ${why}. `;
    out.result(
      { ok: true, link, port: Number(new URL(link).port), pid: process.pid, data: dataDir },
      () => `${reason}Open this link, it works once:\n${link}`,
    );
  };
}
