import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { createDoor } from '#agent/roles/slurm/door';
import { createRelay } from '#agent/roles/slurm/relay';
import { NODE_AGENT_UNIT } from '#shared/domain/node-agent-unit';
import { KeptLog } from '#tests/support/agent';

/** the kernel lends other processes' sockets to root alone */
const MAY_SHUT = process.getuid?.() === 0;
const LISTENS = `socket S, PF_INET, SOCK_STREAM, 6; bind S, sockaddr_in 0, INADDR_LOOPBACK; listen S, 9;
  $| = 1; print +(sockaddr_in getsockname S)[0], "\\n"; <STDIN>`;
const WAIT = { timeout: 10_000, interval: 10 };

/** Somebody who listens as slurmctld does, and the door before it. */
async function staged() {
  const taken: Socket[] = [];
  const server = createServer((socket) => taken.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const logger = new KeptLog();
  const door = createDoor({ clock: systemClock, logger, port, nodePort: port });
  const callers: Socket[] = [];
  const call = () => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    callers.push(socket);
    return socket;
  };
  onTestFinished(async () => {
    await door.open();
    for (const socket of [...callers, ...taken]) socket.destroy();
    server.close();
  });
  return { server, taken, door, call, logger };
}

test('nobody new gets through a shut door, who is through talks on, and who knocked gets in later', async () => {
  const { door, call, taken, logger } = await staged();
  const before = call();
  await vi.waitFor(() => expect(taken).toHaveLength(1), WAIT);
  await door.lend(process.pid);
  const isShut = await door.shut();
  const isRefused = logger.lines.join('\n').includes('cannot be lent');
  expect({ isShut, isRefused }).toEqual({ isShut: MAY_SHUT, isRefused: !MAY_SHUT });
  const later = call();
  // as far as it can see it is through; and it is, where the door stays open
  await once(later, 'connect');
  if (!isShut) return;
  later.write('me too');
  before.write('asked');
  const [heard] = await once(taken[0] as Socket, 'data');
  taken[0]?.write('answered');
  const [answer] = await once(before, 'data');
  expect([String(heard), String(answer)]).toEqual(['asked', 'answered']);
  expect(taken).toHaveLength(1);
  await door.open();
  await vi.waitFor(() => expect(taken).toHaveLength(2), WAIT);
  const [said] = await once(taken[1] as Socket, 'data');
  expect(String(said)).toBe('me too');
});

test('who calls after the end of the one who listened is served by the one who has his socket', async () => {
  // another process, for it has to end
  const ended = spawn('perl', ['-MSocket', '-e', LISTENS], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text] = await once(ended.stdout, 'data');
  const port = Number(String(text));
  const logger = new KeptLog();
  const door = createDoor({ clock: systemClock, logger, port, nodePort: port });
  const socket = await door.lend(ended.pid ?? null);
  const isShut = await door.shut();
  expect([isShut, socket !== null]).toEqual([MAY_SHUT, MAY_SHUT]);
  ended.stdin.end();
  await once(ended, 'exit');
  await door.open();
  const target = createServer((to) => to.end('the next one'));
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  const address = target.address();
  const targetPort = typeof address === 'object' && address !== null ? address.port : 0;
  const relay = createRelay({ clock: systemClock, logger, port, targetPort });
  onTestFinished(async () => {
    await relay.end();
    target.close();
  });
  // they call before anybody takes calls up, where there is a socket to wait at
  const early = socket === null ? [] : [connect({ host: '127.0.0.1', port })];
  await Promise.all(early.map((caller) => once(caller, 'connect')));
  await relay.open('127.0.0.1', { id: 'id-a2', address: '127.0.0.1' }, socket);
  const callers = [...early, connect({ host: '127.0.0.1', port })];
  const answers = await Promise.all(callers.map((caller) => once(caller, 'data')));
  expect(new Set(answers.map(String))).toEqual(new Set(['the next one']));
});

test("the agent's unit allows what that takes", () => {
  expect(NODE_AGENT_UNIT).toMatch(/^SystemCallFilter=.*\bpidfd_getfd\b/m);
  expect(NODE_AGENT_UNIT).toMatch(/^CapabilityBoundingSet=.*\bCAP_SYS_PTRACE\b/m);
});

test('calls that are not answered are counted, until both have hung up', async () => {
  const { door, call, taken } = await staged();
  expect(await door.calls()).toBe(0);
  const caller = call();
  await vi.waitFor(() => expect(taken).toHaveLength(1), WAIT);
  expect(await door.calls()).toBeGreaterThan(0);
  taken[0]?.end('answer');
  caller.resume();
  await vi.waitFor(async () => expect(await door.calls()).toBe(0), WAIT);
});

test('one that an agent left shut when it was killed is opened', async () => {
  const { door, call, taken, server } = await staged();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await door.lend(null);
  if (await door.shut()) {
    // its keeper dies without a chance to open
    for (const pid of keepersOf(port)) process.kill(pid, 'SIGKILL');
  }
  const next = createDoor({ clock: systemClock, logger: new KeptLog(), port, nodePort: port });
  await next.open();
  call();
  await vi.waitFor(() => expect(taken).toHaveLength(1), WAIT);
});

function keepersOf(port: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return argv[0] === 'perl' && argv[3] === String(port) && argv[4] === 'lend'
          ? [Number(pid)]
          : [];
      } catch {
        // it has ended meanwhile
        return [];
      }
    });
}
