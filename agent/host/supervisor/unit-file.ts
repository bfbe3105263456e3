import { NODE_LEAVE_UNIT } from '#shared/domain/node-agent-unit';
import type { DaemonSpec } from '../../ports';

/**
 * A unit for a daemon. It restarts after a crash; an orderly stop is never turned into a kill.
 * @param environmentFile where its environment stands, since units can be read by everybody
 */
export function unitFile(spec: DaemonSpec, environmentFile: string): string {
  return `# Written by the Clusterdeck node agent at each start; changes are lost.
[Unit]
Description=${spec.name} (looked after by the Clusterdeck node agent)
StartLimitIntervalSec=0
# at a shutdown the node hands over what it does while this still runs
Before=${NODE_LEAVE_UNIT}

[Service]
Type=exec
${needed(spec)}ExecStart=:${spec.argv.map(quoted).join(' ')}
EnvironmentFile=${environmentFile}
${spec.user === undefined ? '' : `User=${spec.user}\n`}WorkingDirectory=${spec.cwd ?? '/'}
Restart=always
RestartSec=1
RestartSteps=6
RestartMaxDelaySec=30
KillMode=${spec.mainProcessOnly ? 'process' : 'control-group'}
SendSIGKILL=no
TimeoutStopSec=infinity
LimitNOFILE=1048576
LimitMEMLOCK=infinity
TasksMax=infinity
Delegate=${spec.mainProcessOnly ? 'yes' : 'no'}
`;
}

/** A line that fails, and is tried again as any start is, while the file does not hold the text. */
function needed({ needs }: DaemonSpec): string {
  if (needs === undefined) return '';
  const grep = ['/bin/grep', '--quiet', '--fixed-strings', '--', needs.text, needs.path];
  // as root: its user may not read it
  return `ExecStartPre=+:${grep.map(quoted).join(' ')}\n`;
}

/** systemd's quoting; the ":" before the command switches the replacing of variables off. */
function quoted(argument: string): string {
  const text = argument.replaceAll('%', '%%');
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

/** One variable a line, in the quoting of an EnvironmentFile. */
export function environmentFile(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}="${value.replace(/["\\$`]/g, '\\$&')}"\n`)
    .join('');
}
