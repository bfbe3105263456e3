import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type MergeCard, mergeCard, pactAnswer } from '#shared/contract/agent/merge';
import { fail } from '#shared/contract/errors';
import { hostPort, isHost, splitHostPort } from '#shared/domain/host';
import { decideMerge } from '#shared/domain/merge-decision';
import { codeOf } from '../../host/error-code';
import { isOpenToOthers } from '../../host/files';
import { type AgentLine, understood } from '../agent-line';
import { type CommandContext, loadConfig } from '../context';
import { tellFailure } from '../failure';
import { localLine } from '../local-api';
import { fingerprintAt, remoteLine } from '../remote-api';
import { type ApprovalOptions, approveWith } from './carry-out';
import { OperationsClient } from './client';
import { follow, tellEnd } from './follow';
import { dayTime } from './words';

const PORT = 9090;
const MAX_TOKEN_BYTES = 4096;
const FINGERPRINT = /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/;

export interface MergeOptions extends ApprovalOptions {
  with?: string;
  port?: string;
  tokenFile?: string;
  fingerprint?: string;
  swap?: boolean;
  leftJobs: 'wait' | 'cancel';
}

/**
 * `node-agent merge`: lets this cluster and another one see each other, says which of them stays and
 * why, and has that one take the other up.
 * @returns exit code: 0 done (with `plan`: it could be started), 1 it failed, 2 nobody approved it
 */
export async function merge(options: MergeOptions, context: CommandContext): Promise<0 | 1 | 2> {
  const { io, out } = context;
  const { config } = await loadConfig(context);
  const { host: address, port } = placeOf(options);
  const token = await tokenIn(options.tokenFile);
  const own = localLine(config);
  const ownCard = await cardOf(own, io.signal);
  const fingerprint = await fingerprintOf(address, port, options.fingerprint, context);
  if (fingerprint === null) return 2;
  const other = remoteLine({ address, port, fingerprint, token });
  const otherCard = await cardOf(other, io.signal);
  await makePact(own, otherCard, io.signal);
  const until = await makePact(other, ownCard, io.signal);
  const [ours, theirs] = [ownCard.cluster, otherCard.cluster];
  out.line(`${ours.name} and ${theirs.name} let each other take part until ${dayTime(until)}.`);

  const ruled = decideMerge(ownCard, otherCard);
  const [gaining, losing] =
    options.swap === true ? [ruled.losing, ruled.gaining] : [ruled.gaining, ruled.losing];
  const isHere = gaining.uuid === ours.uuid;
  if (!isHere) out.line(`${gaining.name} stays, so that its nodes plan it and carry it out.`);
  const client = new OperationsClient(isHere ? own : other, io.signal);
  const params = { losing: losing.uuid, left_jobs: options.leftJobs };
  const begun = await approveWith(client, { kind: 'merge', params }, options, context);
  if ('code' in begun) return begun.code;
  if (!isHere) out.note(`To look at it later, ask a node of ${gaining.name}.`);
  const log = options.log === true;
  return tellEnd(await follow(client, begun.id, context, { log }), out);
}

function placeOf(options: MergeOptions): { host: string; port: number } {
  const { host, port } = splitHostPort(options.with ?? '');
  const number = options.port === undefined ? (port ?? PORT) : Number(options.port);
  if (!isHost(host)) {
    const remedy = 'Write the address of a node of the other cluster, as 10.0.0.7.';
    throw fail('INVALID_INPUT', { remedy, field: 'with' });
  }
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) return { host, port: number };
  const remedy = 'Write the port of the agent there, as 9090.';
  throw fail('INVALID_INPUT', { remedy, field: 'port' });
}

/** A token never stands on the command line, where every user of the machine may read it. */
async function tokenIn(file: string | undefined): Promise<string> {
  const remedy =
    'Make one on a node of the other cluster with "node-agent token create --role admin", put it into a file of mode 0600, and name that with --token-file.';
  if (file === undefined) {
    throw fail(
      'SECRET_MISSING',
      { remedy, field: 'token-file' },
      'The other cluster asks for a token.',
    );
  }
  const path = resolve(file);
  try {
    if (await isOpenToOthers(path)) {
      const tighter = `Run chmod 600 ${path}; if others may have read it, revoke that token.`;
      throw fail('PERMISSION_DENIED', { remedy: tighter, path }, `Others may read ${path}.`);
    }
    const token = (await readFile(path, 'utf8')).trim();
    if (token !== '' && token.length <= MAX_TOKEN_BYTES && !/\s/.test(token)) return token;
    throw fail('INVALID_INPUT', { remedy, path }, `${path} holds no token.`);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'EACCES') throw error;
    throw fail('NOT_FOUND', { remedy, path }, `${path} cannot be read.`);
  }
}

/** @returns null where nobody says that it is the right one */
async function fingerprintOf(
  address: string,
  port: number,
  named: string | undefined,
  { io, out }: CommandContext,
): Promise<string | null> {
  if (named !== undefined) {
    const plain = named.trim().toUpperCase();
    if (FINGERPRINT.test(plain)) return plain;
    const remedy = 'Take it from "node-agent info" there: 32 pairs as AA:BB:...';
    throw fail('INVALID_INPUT', { remedy, field: 'fingerprint' });
  }
  const shown = await fingerprintAt(address, port, io.signal);
  out.line(`${hostPort(address, port)} shows this certificate:\n  ${shown}`);
  const said = await io.prompt('Type yes if "node-agent info" there says the same: ');
  if (said === 'yes') return shown;
  const remedy = `Compare it on that node with "node-agent info", then say --fingerprint ${shown}`;
  tellFailure(
    fail('TLS_UNTRUSTED', { remedy, offered: shown }, 'Nothing was sent: it was not approved.'),
    out,
    io,
  );
  return null;
}

const cardOf = async (line: AgentLine, signal: AbortSignal): Promise<MergeCard> =>
  understood(mergeCard, await line.act('GET', '/api/v1/merge/card', undefined, signal));

/** @returns until when it holds, unix ms */
async function makePact(line: AgentLine, card: MergeCard, signal: AbortSignal): Promise<number> {
  const answer = await line.act('POST', '/api/v1/merge/pact', { card }, signal);
  return understood(pactAnswer, answer).pact.until;
}
