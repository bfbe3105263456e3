import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { createServer as createHttps } from 'node:https';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import type { NodeIdentity } from '#agent/identity/types';
import { makeProof, newNonce } from '#agent/membership/challenge';
import { type Applicant, knock } from '#agent/membership/knock';
import { PeerWire } from '#agent/membership/peer-wire';
import { HELLO_PATH, PROTOCOL, PROVE_PATH } from '#agent/membership/protocol';
import { helloAnswer, type NodeDescription } from '#agent/membership/records';
import { newCluster, startNode, type TestNode } from '#tests/support/serf-nodes';
import { sweptFolder } from '#tests/support/temp-folder';

vi.setConfig({ testTimeout: 60_000 });
const SIGNAL = () => AbortSignal.timeout(15_000);

async function newIdentity(name = 'x1'): Promise<NodeIdentity> {
  return loadNodeIdentity(join(sweptFolder(), 'identity'), [name], Date.now());
}

function described(identity: NodeIdentity, name: string): NodeDescription {
  return {
    id: identity.id,
    name,
    address: '127.0.0.1',
    tailscaleIp: '',
    apiPort: 1,
    gossipPort: 1,
    roles: [],
    voter: true,
    capabilities: { cpu: 1, ram: '1GB', gpu: 0, arch: 'amd64' },
  };
}

/** A founder that stands, and whoever wants to be let in by it. */
async function stage() {
  const { enrolment, store } = newCluster('a1');
  const a1 = await startNode({ name: 'a1', enrolment, store });
  await a1.settled;
  await vi.waitFor(() => expect(a1.membership.self.authenticated).toBe(true));
  const identity = await newIdentity();
  const applicant: Applicant = {
    node: described(identity, 'x1'),
    fingerprint: identity.fingerprint,
    credentials: identity,
    clusterUuid: enrolment.cluster.uuid,
    challengeKey: enrolment.keys.challengeKey(),
  };
  return { a1, store, identity, applicant, where: { address: '127.0.0.1', port: a1.apiPort } };
}

const names = (node: TestNode) => node.membership.members().map(({ name }) => name);

/** A wire as an attacker would use it, with what it may say. */
function wireTo(a1: TestNode, identity: NodeIdentity) {
  const wire = new PeerWire({ address: '127.0.0.1', port: a1.apiPort, pin: null }, identity);
  onTestFinished(() => wire.close());
  const post = (path: string, body: unknown) =>
    wire.send({ method: 'POST', path, body, signal: SIGNAL() });
  const hello = async (clusterUuid: string, overrides: object = {}) =>
    post(HELLO_PATH, {
      protocol: PROTOCOL,
      clusterUuid,
      nonce: newNonce(),
      certificate: new X509Certificate(identity.certPem).raw.toString('base64'),
      ...overrides,
    });
  return { wire, post, hello };
}

test('who holds the key is let in once asked, and known by its certificate', async () => {
  const { a1, applicant, where, identity } = await stage();
  const outcome = await knock(where, applicant, SIGNAL());
  expect(outcome).toMatchObject({ kind: 'joined', answer: { cluster: { name: 'forge' } } });
  expect(names(a1)).toEqual(['a1', 'x1']);
  expect(await a1.membership.callerOf(identity.fingerprint)).toMatchObject({ name: 'x1' });
});

test('a wrong cluster key proves nothing, learns nothing and is told to people', async () => {
  const { a1, applicant, where } = await stage();
  const outcome = await knock(where, { ...applicant, challengeKey: randomBytes(32) }, SIGNAL());
  expect(outcome).toMatchObject({ kind: 'refused', code: 'proof-refused' });
  expect(JSON.stringify(outcome)).not.toContain('forge');
  expect(names(a1)).toEqual(['a1']);
  expect(a1.membership.problems().map(({ code }) => code)).toEqual(['wrong-key']);
});

test('a node of another cluster is refused before anything is proved', async () => {
  const { a1, applicant, where } = await stage();
  const outcome = await knock(where, { ...applicant, clusterUuid: randomUUID() }, SIGNAL());
  expect(outcome).toMatchObject({ kind: 'refused', code: 'foreign-cluster' });
  expect(names(a1)).toEqual(['a1']);
});

test('a used name with another identity is refused with a clear error, also when both come at once', async () => {
  const { a1, applicant, where } = await stage();
  const taken = await knock(
    where,
    { ...applicant, node: { ...applicant.node, name: 'a1' } },
    SIGNAL(),
  );
  expect(taken).toMatchObject({ kind: 'refused', code: 'name-used' });
  expect(taken.kind === 'refused' && taken.message).toContain('a1');

  const rivals = await Promise.all(
    ['one', 'two', 'three'].map(async () => {
      const identity = await newIdentity('n7');
      return knock(
        where,
        {
          ...applicant,
          node: described(identity, 'n7'),
          fingerprint: identity.fingerprint,
          credentials: identity,
        },
        SIGNAL(),
      );
    }),
  );
  expect(rivals.map(({ kind }) => kind).toSorted()).toEqual(['joined', 'refused', 'refused']);
  expect(names(a1)).toEqual(['a1', 'n7']);
});

test('a nonce serves once, and only the certificate it was given to', async () => {
  const { a1, applicant, identity } = await stage();
  const { hello, post } = wireTo(a1, identity);
  const begun = await hello(applicant.clusterUuid);
  const { nonce } = helloAnswer.parse(begun.body);

  const thief = await newIdentity('thief');
  const stolen = await wireTo(a1, thief).post(PROVE_PATH, {
    nonce,
    proof: randomBytes(32).toString('base64'),
    node: described(thief, 'thief'),
  });
  expect(stolen).toMatchObject({ status: 410, body: { code: 'challenge-unknown' } });

  const wrong = { nonce, proof: randomBytes(32).toString('base64'), node: applicant.node };
  expect(await post(PROVE_PATH, wrong)).toMatchObject({ status: 403 });
  // also the right proof comes too late now
  const again = { ...wrong, proof: randomBytes(32).toString('base64') };
  expect(await post(PROVE_PATH, again)).toMatchObject({ body: { code: 'challenge-unknown' } });
  expect(names(a1)).toEqual(['a1']);
});

test('a recorded joining that is replayed with the same certificate lets nobody in', async () => {
  const { a1, applicant, identity } = await stage();
  const { wire, hello, post } = wireTo(a1, identity);
  const joinerNonce = newNonce();
  const begun = await hello(applicant.clusterUuid, { nonce: joinerNonce });
  const { nonce } = helloAnswer.parse(begun.body);
  const proof = makeProof(
    applicant.challengeKey,
    {
      clusterUuid: applicant.clusterUuid,
      joinerNonce,
      memberNonce: nonce,
      joinerFingerprint: identity.fingerprint,
      memberFingerprint: a1.identity.fingerprint,
    },
    'joiner',
  );
  const recorded = { nonce, proof, node: applicant.node };
  expect(await post(PROVE_PATH, recorded)).toMatchObject({ status: 200 });
  await wire.close();
  const replay = wireTo(a1, identity);
  expect(await replay.post(PROVE_PATH, recorded)).toMatchObject({ status: 410 });
  // a new challenge, and the old proof for it
  const fresh = helloAnswer.parse((await replay.hello(applicant.clusterUuid)).body);
  const old = await replay.post(PROVE_PATH, { ...recorded, nonce: fresh.nonce });
  expect(old).toMatchObject({ status: 403, body: { code: 'proof-refused' } });
});

test('nobody takes an id that its certificate does not prove', async () => {
  const { a1, applicant, where, identity } = await stage();
  const claimed = { ...applicant, node: { ...applicant.node, id: a1.identity.id } };
  expect(await knock(where, claimed, SIGNAL())).toMatchObject({ code: 'proof-refused' });
  // the certificate that is named is not the one that the connection carries
  const { hello } = wireTo(a1, identity);
  const borrowed = new X509Certificate(a1.identity.certPem).raw.toString('base64');
  const answer = await hello(applicant.clusterUuid, { certificate: borrowed });
  expect(answer).toMatchObject({ status: 400 });
});

test('a man in the middle with a certificate of its own gets neither side to agree', async () => {
  const { a1, applicant, where } = await stage();
  const middle = await newIdentity('middle');
  const seen: string[] = [];
  const proxy = createHttps(
    { key: middle.keyPem, cert: middle.certPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString('utf8');
        const body: Record<string, unknown> = JSON.parse(text);
        // it must show its own certificate where the true one is asked for
        if ('certificate' in body) {
          body['certificate'] = new X509Certificate(middle.certPem).raw.toString('base64');
        }
        if (typeof body['node'] === 'object') body['node'] = described(middle, 'x1');
        const path = request.url ?? '';
        const answer = await wireTo(a1, middle).post(path, body);
        seen.push(`${path} ${answer.status}`);
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer.body));
      })();
    },
  );
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  const bound = proxy.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;

  const outcome = await knock({ ...where, port }, applicant, SIGNAL());
  expect(outcome).toMatchObject({ kind: 'refused', code: 'proof-refused' });
  expect(seen).toEqual([`${HELLO_PATH} 200`, `${PROVE_PATH} 403`]);
  expect(names(a1)).toEqual(['a1']);
});

test('whoever takes a joiner in without proving the key itself is not believed', async () => {
  const { applicant, identity, a1 } = await stage();
  const liar = await newIdentity('liar');
  const lies: Record<string, unknown> = {
    [HELLO_PATH]: { protocol: PROTOCOL, nonce: newNonce() },
    [PROVE_PATH]: {
      proof: randomBytes(32).toString('base64'),
      cluster: { ...a1.membership.cluster, founding: randomUUID() },
      joinedAt: 1,
      members: [],
      stateEndpoints: ['https://127.0.0.9:2379'],
    },
  };
  const server = createHttps(
    { key: liar.keyPem, cert: liar.certPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      request.resume();
      response.end(JSON.stringify(lies[request.url ?? '']));
    },
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const outcome = await knock({ address: '127.0.0.1', port }, applicant, SIGNAL());
  expect(outcome).toMatchObject({ kind: 'failed' });
  expect(outcome.kind === 'failed' && outcome.message).toContain('did not prove');
  expect(identity.fingerprint).toBe(applicant.fingerprint);
});
