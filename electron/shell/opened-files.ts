import type { App } from 'electron';
import { z } from 'zod';

/** Files a person opens with this program, from its command line, a second start or the Finder. */
export interface OpenedFiles {
  /** gives those there are, perhaps none, then all that come; a second start may bring none */
  take(open: (files: string[]) => void): void;
}

const handedOver = z.object({ files: z.array(z.string()) });

/** Listens from the first moment: macOS names the file before the app is ready. */
export function createOpenedFiles(app: Pick<App, 'on'>, files: readonly string[]): OpenedFiles {
  const waiting: string[] = [...files];
  let open: ((files: string[]) => void) | null = null;
  const come = (more: string[]) => {
    if (open === null) waiting.push(...more);
    else open(more);
  };
  app.on('open-file', (event, path) => {
    event.preventDefault();
    come([path]);
  });
  app.on('second-instance', (_event, _argv, _workingDir, data) => {
    const parsed = handedOver.safeParse(data);
    come(parsed.success ? parsed.data.files : []);
  });
  return {
    take(next) {
      open = next;
      next(waiting.splice(0));
    },
  };
}
