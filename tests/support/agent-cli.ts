import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runAgentCli } from '#agent/cli/program';

/** What one run of the agent's command line left behind. */
export interface AgentRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Ports that were free just now, since serf cannot be asked for any. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(
    servers.map((server) => new Promise((resolve) => server.close(() => resolve(undefined)))),
  );
  return ports;
}

/**
 * A configuration of a node that is a whole cluster: on loopback, with SQLite, everything in `folder`.
 * @returns path of the file
 */
export async function lonelyNode(folder: string, more: object = {}): Promise<string> {
  const [api = 0, gossip = 0, rpc = 0] = await freePorts(3);
  const path = join(folder, 'node-agent.yaml');
  const config = {
    identity: { name: 'n1', state_dir: join(folder, 'state') },
    networking: { address: '127.0.0.1' },
    discovery: { bind_port: gossip, rpc_port: rpc, found_after: '1s' },
    // HTTPS would take the port of the plain listener
    api: { port: api, addresses: [] },
    state: { kind: 'sqlite' },
    cluster: { enrolment: join(folder, 'enrolment.yaml') },
    ...more,
  };
  writeFileSync(path, stringify(config));
  return path;
}

/**
 * The agent's command line in this process.
 * @param prompt who sits at the terminal; nobody by default
 * @returns runs a command; `hear` is told all that it says, while it runs
 */
export function agentCommandLine(
  config: string,
  prompt: (question: string) => Promise<string | null> = async () => null,
) {
  return async (
    args: readonly string[],
    signal: AbortSignal = new AbortController().signal,
    hear: (text: string) => void = () => undefined,
  ): Promise<AgentRun> => {
    const run = { stdout: '', stderr: '' };
    const code = await runAgentCli(
      ['--config', config, ...args],
      {
        stdout: (text) => {
          run.stdout += text;
          hear(text);
        },
        stderr: (text) => {
          run.stderr += text;
          hear(text);
        },
        env: {},
        signal,
        prompt,
        onSignal: () => () => undefined,
      },
      '0.0.0-test',
    );
    return { code, ...run };
  };
}
