import { runLabCli } from '#tests/lab/cli';
import { ensureBuilt } from '../../build/builder.mjs';
import { ensureDebianPackages, LAB_PACKAGES } from '../../build/debian.mjs';

// a reader that went away, as `| head`, is no failure of ours
process.stdout.on('error', () => process.exit(0));

process.exitCode = await runLabCli(process.argv.slice(2), async () => {
  if (!ensureDebianPackages(LAB_PACKAGES)) return false;
  await ensureBuilt();
  return true;
});
// the hosts' consoles stay open as long as the hosts run
process.stdout.write('', () => process.exit());
