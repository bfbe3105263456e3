import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../host/error-code';
import { privateFolder, writeWhole } from '../../host/files';
import type { DaemonSpec, Supervisor } from '../../ports';
import type { SerfTarget } from './rpc';

export interface SerfSettings {
  /** the name in gossip, unique also where two nodes want the same one */
  gossipName: string;
  /** where gossip is heard and sent from */
  address: string;
  port: number;
  rpcHost: string;
  rpcPort: number;
  /** 32 bytes, derived from the cluster key */
  gossipKey: Uint8Array;
  /** where its files lie; made for its owner alone */
  folder: string;
  /** the Supervisor's name for it */
  daemon: string;
}

/** A leave is told to the others for up to 5 s, and for a while after. */
const STOP_MS = 15_000;

/**
 * Writes serf's files and has it run. It goes on running when the agent ends, and is restarted only
 * when what it was configured with has changed. No key stands in its arguments.
 * @param tags what it starts with; later ones are set over RPC
 * @returns where and with which key its RPC answers
 */
export async function runSerf(
  settings: SerfSettings,
  tags: Record<string, string>,
  supervisor: Supervisor,
): Promise<SerfTarget> {
  const at = (name: string) => join(settings.folder, name);
  await privateFolder(settings.folder);
  const key = (await textOf(at('rpc-key')))?.trim() || randomBytes(24).toString('base64url');
  await keep(at('rpc-key'), `${key}\n`);
  const hasNewKey = await writeKeyring(at('keyring'), settings.gossipKey);
  const runs = (await supervisor.state(settings.daemon)).state === 'running';
  // a serf that runs keeps this file itself; one that finds none gets its tags over RPC
  if (!runs) await writeWhole(at('tags'), JSON.stringify(tags)).catch(() => undefined);
  const config = `${JSON.stringify(configuration(settings, key, at), null, 2)}\n`;
  const isChanged = await keep(at('serf.json'), config);

  const spec: DaemonSpec = {
    name: settings.daemon,
    argv: ['serf', 'agent', `-config-file=${at('serf.json')}`],
    stopMs: STOP_MS,
    mainProcessOnly: true,
  };
  if (runs && (isChanged || hasNewKey)) await supervisor.restart(spec);
  else await supervisor.start(spec);
  return { host: settings.rpcHost, port: settings.rpcPort, key };
}

/** @see https://github.com/hashicorp/serf/blob/v0.8.2/website/source/docs/agent/options.html.markdown */
function configuration(settings: SerfSettings, key: string, at: (name: string) => string): object {
  return {
    node_name: settings.gossipName,
    bind: socketText(settings.address, settings.port),
    rpc_addr: socketText(settings.rpcHost, settings.rpcPort),
    // users of a worker share its loopback: without a key they could read the gossip keys
    rpc_auth: key,
    keyring_file: at('keyring'),
    snapshot_path: at('snapshot'),
    tags_file: at('tags'),
    // an orderly shutdown of the machine is told to the others; its next start takes part again
    leave_on_terminate: true,
    rejoin_after_leave: true,
    reconnect_interval: '5s',
    reconnect_timeout: '720h',
    tombstone_timeout: '72h',
    disable_coordinates: true,
    log_level: 'info',
  };
}

/** @returns whether serf has to read it anew; a keyring that has the key is serf's own to change */
async function writeKeyring(path: string, gossipKey: Uint8Array): Promise<boolean> {
  const key = Buffer.from(gossipKey).toString('base64');
  const present = await textOf(path);
  if (present?.includes(JSON.stringify(key)) === true) return false;
  await writeWhole(path, JSON.stringify([key]));
  return true;
}

/**
 * Writes what is not there already, so that a node starts again also on a full disk.
 * @returns whether it was written
 */
async function keep(path: string, content: string): Promise<boolean> {
  if ((await textOf(path)) === content) return false;
  await writeWhole(path, content);
  return true;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

const socketText = (host: string, port: number) =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
