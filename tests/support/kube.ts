import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttp } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { makeAuthority, makeCertificate } from './certificates';
import { evict, type Reply, status } from './kube/eviction';
import { type KubeObject, KubeObjects } from './kube/objects';

/** What may go wrong with the fake API server. */
export interface KubeFaults {
  /** checks of readyz that fail, as `etcd` */
  failing: Set<string>;
  /** nothing is answered at all */
  isHung: boolean;
  /** every request is refused with this */
  refuse: 401 | 403 | 500 | null;
  /** only changes are refused */
  refuseWrites: 403 | 500 | null;
  hasLeader: boolean;
  isLeader: boolean;
}

/** A fake of the Kubernetes API of one k3s server, over real TLS with client certificates. */
export interface FakeKube {
  readonly url: string;
  readonly etcdMetrics: string;
  readonly objects: KubeObjects;
  readonly faults: KubeFaults;
  /** `METHOD /path` of what was asked, without the query; a watch is `WATCH /path` */
  readonly requests: string[];
  /** kubeconfig of whoever has this common name, as `system:admin` or `system:node:a1` */
  kubeconfig(commonName: string): Promise<string>;
  /** breaks all watches off in the middle, as a server that is killed */
  breakWatches(): void;
  close(): Promise<void>;
}

const CHECKS = ['ping', 'log', 'etcd', 'poststarthook/start-apiextensions-controllers'];
const BOOKMARK_MS = 1_000;

/**
 * Behaves as kube-apiserver does towards a client of lists, watches, leases and evictions
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/): k3s starts it with
 * `--anonymous-auth=false`, so who shows no certificate gets 401; rights by RBAC, 403.
 */
export async function startFakeKube(): Promise<FakeKube> {
  const authority = await makeAuthority();
  const own = await makeCertificate({ issuer: authority });
  const objects = new KubeObjects();
  const faults: KubeFaults = {
    failing: new Set(),
    isHung: false,
    refuse: null,
    refuseWrites: null,
    hasLeader: true,
    isLeader: true,
  };
  const requests: string[] = [];
  const watches = new Set<ServerResponse>();
  const api = new FakeApi(objects, faults, watches);
  const server: Server = createServer(
    {
      key: own.key,
      cert: own.cert,
      ca: authority.pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const { method, url = '' } = request;
      requests.push(`${url.includes('watch=true') ? 'WATCH' : method} ${url.split('?', 1)[0]}`);
      void api.answer(request, response);
    },
  );
  const metrics = createHttp((_, response) => {
    const bit = (value: boolean) => (value ? 1 : 0);
    response.end(
      [
        '# TYPE etcd_server_has_leader gauge',
        `etcd_server_has_leader ${bit(faults.hasLeader)}`,
        '# TYPE etcd_server_is_leader gauge',
        `etcd_server_is_leader ${bit(faults.isLeader)}`,
        '',
      ].join('\n'),
    );
  });
  const [port, metricsPort] = await Promise.all([server, metrics].map(listening));
  const url = `https://127.0.0.1:${port}`;
  return {
    url,
    etcdMetrics: `http://127.0.0.1:${metricsPort}/metrics`,
    objects,
    faults,
    requests,
    async kubeconfig(commonName) {
      const user = await makeCertificate({ issuer: authority, subject: `CN=${commonName}` });
      const data = (pem: string) => Buffer.from(pem).toString('base64');
      return [
        'apiVersion: v1',
        'kind: Config',
        'current-context: default',
        'clusters:',
        `- {name: default, cluster: {server: "${url}", certificate-authority-data: ${data(authority.pem)}}}`,
        'contexts:',
        '- {name: default, context: {cluster: default, user: default}}',
        'users:',
        `- {name: default, user: {client-certificate-data: ${data(user.cert)}, client-key-data: ${data(user.key)}}}`,
        '',
      ].join('\n');
    },
    breakWatches() {
      for (const watch of watches) watch.destroy();
    },
    async close() {
      for (const one of [server, metrics]) {
        one.close();
        one.closeAllConnections();
      }
      await Promise.all(
        [server, metrics].filter((one) => one.listening).map((one) => once(one, 'close')),
      );
    },
  };
}

async function listening(server: Server | ReturnType<typeof createHttp>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The path's parts, as `namespaces/x/pods/y/eviction` has them. */
interface Target {
  resource: string;
  namespace: string | null;
  name: string | null;
  sub: string | null;
}

class FakeApi {
  readonly #objects: KubeObjects;
  readonly #faults: KubeFaults;
  readonly #watches: Set<ServerResponse>;

  constructor(objects: KubeObjects, faults: KubeFaults, watches: Set<ServerResponse>) {
    this.#objects = objects;
    this.#faults = faults;
    this.#watches = watches;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (this.#faults.isHung) return;
    const url = new URL(request.url ?? '/', 'https://fake');
    const { method = 'GET' } = request;
    const who = commonNameOf(request);
    const target = targetOf(url.pathname);
    const refused = this.#refused(method, who, url.pathname, target);
    if (refused !== null) return send(response, refused);
    if (url.pathname === '/readyz') return this.#readyz(response);
    if (url.pathname === '/version') {
      return send(response, {
        status: 200,
        body: { major: '1', minor: '31', gitVersion: 'v1.31.4+k3s1' },
      });
    }
    if (target === null) return send(response, status(404, 'NotFound', 'no such path'));
    if (method === 'GET' && url.searchParams.get('watch') === 'true') {
      return this.#watch(target, url.searchParams, response);
    }
    send(response, this.#handle(method, target, url.searchParams, body));
  }

  #refused(method: string, who: string | null, path: string, target: Target | null): Reply | null {
    const { refuse, refuseWrites } = this.#faults;
    if (who === null || refuse === 401) return status(401, 'Unauthorized', 'Unauthorized');
    const forbidden = status(403, 'Forbidden', `User "${who}" cannot do that`);
    if (refuse === 403) return forbidden;
    if (refuse === 500) return status(500, 'InternalError', 'an error on the server');
    if (method !== 'GET' && refuseWrites !== null) {
      return refuseWrites === 403
        ? forbidden
        : status(500, 'InternalError', 'etcdserver: request timed out');
    }
    if (who === 'system:admin') return null;
    const node = /^system:node:(.+)$/.exec(who)?.[1];
    const isOwn = target?.resource === 'nodes' && target.name === node && method === 'GET';
    return isOwn || path === '/readyz' || path === '/version' ? null : forbidden;
  }

  #readyz(response: ServerResponse): void {
    const { failing } = this.#faults;
    const lines = CHECKS.map((name) =>
      failing.has(name) ? `[-]${name} failed: reason withheld` : `[+]${name} ok`,
    );
    const isReady = failing.size === 0;
    lines.push(`readyz check ${isReady ? 'passed' : 'failed'}`);
    response.writeHead(isReady ? 200 : 500, { 'content-type': 'text/plain' });
    response.end(`${lines.join('\n')}\n`);
  }

  #handle(method: string, target: Target, query: URLSearchParams, body: unknown): Reply {
    const { resource, namespace, name, sub } = target;
    const where = namespace ?? '';
    const isDryRun = query.get('dryRun') === 'All';
    if (sub === 'eviction' && name !== null) return evict(this.#objects, where, name, isDryRun);
    if (method === 'POST') return this.#create(target, body as KubeObject);
    if (name === null) return this.#list(target, query);
    const found = this.#objects.get(resource, where, name);
    if (found === null) return status(404, 'NotFound', `${resource} "${name}" not found`);
    if (method === 'GET') return { status: 200, body: found };
    if (method === 'DELETE') {
      this.#objects.delete(resource, where, name);
      return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
    }
    const wish = body as KubeObject;
    if (method === 'PATCH') {
      return { status: 200, body: this.#objects.put(resource, merged(found, wish)) };
    }
    const { resourceVersion } = wish.metadata;
    if (resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion) {
      return status(409, 'Conflict', 'the object has been modified; please apply your changes');
    }
    return { status: 200, body: this.#objects.put(resource, wish) };
  }

  #create({ resource, namespace }: Target, wish: KubeObject): Reply {
    const { name } = wish.metadata;
    if (this.#objects.get(resource, namespace ?? '', name) !== null) {
      return status(409, 'AlreadyExists', `${resource} "${name}" already exists`);
    }
    return { status: 201, body: this.#objects.put(resource, wish) };
  }

  #list({ resource, namespace }: Target, query: URLSearchParams): Reply {
    const onNode = /^spec\.nodeName=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
    const all = this.#objects
      .list(resource, namespace)
      .filter(({ spec }) => onNode === undefined || spec?.['nodeName'] === onNode);
    const from = Number(query.get('continue') ?? 0);
    const limit = Number(query.get('limit') ?? all.length) || all.length;
    const items = all.slice(from, from + limit);
    const isMore = from + limit < all.length;
    return {
      status: 200,
      body: {
        kind: 'List',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: String(this.#objects.version),
          ...(isMore && { continue: String(from + limit) }),
        },
        items,
      },
    };
  }

  /** Chunked JSON lines; ends after timeoutSeconds; a forgotten version is told within a 200. */
  #watch(target: Target, query: URLSearchParams, response: ServerResponse): void {
    const { resource } = target;
    let seen = Number(query.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    const write = (line: unknown) => response.write(`${JSON.stringify(line)}\n`);
    const tell = () => {
      const events = this.#objects.since(resource, seen);
      if (events === null) {
        const { body } = status(410, 'Expired', `too old resource version: ${seen}`);
        write({ type: 'ERROR', object: body });
        return response.end();
      }
      for (const { type, object } of events) {
        write({ type, object });
        seen = Number(object.metadata.resourceVersion);
      }
    };
    const stop = this.#objects.onChange(tell);
    const bookmarks = setInterval(() => {
      if (query.get('allowWatchBookmarks') !== 'true') return;
      const metadata = { resourceVersion: String(this.#objects.version) };
      seen = this.#objects.version;
      write({ type: 'BOOKMARK', object: { kind: 'Bookmark', apiVersion: 'v1', metadata } });
    }, BOOKMARK_MS);
    const end = setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? 30) * 1000);
    this.#watches.add(response);
    response.on('error', () => undefined);
    response.once('close', () => {
      stop();
      clearInterval(bookmarks);
      clearTimeout(end);
      this.#watches.delete(response);
    });
    tell();
  }
}

/** https://www.rfc-editor.org/rfc/rfc7386, for what is patched: null takes a key away. */
function merged(found: KubeObject, wish: Partial<KubeObject>): KubeObject {
  const annotations = { ...found.metadata.annotations, ...wish.metadata?.annotations };
  const kept = Object.entries(annotations).filter(([, value]) => value !== null);
  return {
    ...found,
    metadata: { ...found.metadata, annotations: Object.fromEntries(kept) },
    spec: { ...found.spec, ...wish.spec },
  };
}

function targetOf(path: string): Target | null {
  const match =
    /^\/(?:api\/v1|apis\/[^/]+\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/.exec(
      path,
    );
  if (match === null) return null;
  const [, namespace = null, resource = '', name = null, sub = null] = match;
  return { resource, namespace, name, sub };
}

function commonNameOf({ socket }: IncomingMessage): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const { CN } = socket.getPeerCertificate().subject;
  return typeof CN === 'string' ? CN : null;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? null : JSON.parse(text);
}

function send(response: ServerResponse, { status: code, body, headers }: Reply): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
