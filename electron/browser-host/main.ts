import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKeyringProtector } from '#electron/core/vault/keyring';
import { Failure } from '#shared/contract/errors';
import { version } from '../../package.json';
import { portNumber } from './numbers';
import { processSignal } from './process-signal';
import { runBrowserHost } from './run';

/** What `npm start -- ...` may say; anything else is wrong usage. */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
      },
    });
    return { ...values, port: portNumber(values.port) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${why}\nUsage: npm start -- [--data DIR] [--port N] [--no-open]\n`);
    return process.exit(2);
  }
}

// `npm start` where there is no Electron: the deck in an installed browser
try {
  const values = readArguments();
  const outcome = await runBrowserHost({
    data: values.data ?? process.env['CLUSTERDECK_DATA'],
    port: values.port,
    open: !values['no-open'],
    demo: false,
    joins: true,
    endsWithWindow: true,
    installation: {
      version,
      rendererDir: join(import.meta.dirname, '..', 'renderer'),
      cliPath: join(import.meta.dirname, 'cli.js'),
    },
    protectors: [createKeyringProtector({ platform: process.platform })],
    env: process.env,
    signal: processSignal(),
    printLink(link, why) {
      const reason = why === null ? '' : `No window opens: ${why}. `;
      process.stdout.write(`${reason}Open this link, it works once:\n${link}\n`);
    },
  });
  if (outcome === 'joined') {
    process.stdout.write('Clusterdeck runs already; its window was brought to the front.\n');
  }
  process.exit(0);
} catch (error) {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const remedy = error instanceof Failure ? ` ${error.data.remedy}` : '';
  process.stderr.write(`${message}${remedy}\n`);
  process.exit(1);
}
