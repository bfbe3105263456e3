import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, dialog, protocol } from 'electron';
import { systemClock } from '#electron/core/local/clock';
import { preparePaths } from '#electron/core/local/paths';
import { createLogger } from '#electron/core/logging/logger';
import { Failure } from '#shared/contract/errors';
import { shellArguments } from './arguments';
import { watchErrors } from './crash';
import { openDesktop } from './desktop';
import { createLifetime } from './lifetime';
import { createOpenedFiles } from './opened-files';
import { BUNDLE_SCHEME } from './protocol';

// everything here runs without waiting, as Electron becomes ready meanwhile
const { dataDir, demo, files } = shellArguments(process.argv.slice(1), process.env, process.cwd());
const throwAway = demo && dataDir === null;
const paths = preparePaths(
  throwAway ? mkdtempSync(join(tmpdir(), 'clusterdeck-demo-')) : (dataDir ?? undefined),
);

// Chromium's profile, and with it the single-instance lock, belong to the data folder
app.setPath('userData', join(paths.dataDir, 'desktop'));
app.setAppUserModelId('org.clusterdeck.Clusterdeck');
// it would take the switch back, without which nobody can start this as root
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
protocol.registerSchemesAsPrivileged([BUNDLE_SCHEME]);

// the order of a second instance's command line is not kept, so its files are handed over apart
if (app.requestSingleInstanceLock({ files })) {
  const logger = createLogger({ logDir: paths.logDir, program: 'desktop' });
  const lifetime = createLifetime(app, systemClock, logger);
  watchErrors(process, logger, () => {
    dialog.showErrorBox('Clusterdeck had to stop.', `The log in ${paths.logDir} says why.`);
    lifetime.fail(1);
  });
  app.on('quit', () => {
    logger.close();
    if (throwAway) rmSync(paths.dataDir, { recursive: true, force: true });
  });
  const opened = createOpenedFiles(app, files);
  openDesktop({ paths, demo, opened, logger, lifetime }).catch((error: unknown) => {
    logger.error({ error }, 'The desktop program did not start');
    const known = error instanceof Failure;
    dialog.showErrorBox(
      known ? error.message : 'Clusterdeck could not start.',
      known ? error.data.remedy : `The log in ${paths.logDir} says why.`,
    );
    lifetime.fail(1);
  });
} else {
  process.stderr.write('Clusterdeck runs on this data folder already; its window comes up.\n');
  app.exit(0);
}
