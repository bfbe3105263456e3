import { version } from '../package.json';
import { runAgentCli } from './cli/program';
import { askAtTerminal } from './cli/terminal';

// a reader that went away, as `| head`, is no failure of ours
process.stdout.on('error', () => process.exit(0));

const ending = new AbortController();
for (const wish of ['SIGINT', 'SIGTERM'] as const) {
  process.once(wish, () => ending.abort(new Error(`ended by ${wish}`)));
}
// what a command waits for may be a timer that does not keep a program alive by itself
const hold = setInterval(() => undefined, 60_000);
process.exitCode = await runAgentCli(
  process.argv.slice(2),
  {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    signal: ending.signal,
    prompt: (question) => askAtTerminal(process.stdin, process.stderr, question, ending.signal),
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  },
  version,
);
clearInterval(hold);
// what a command leaves open (an idle connection, a timer) must not hold it back; output comes first
process.stdout.write('', () => process.exit());
