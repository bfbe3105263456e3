import type { DemoCluster } from '#electron/demo/demo-cluster';
import { type RawAnswer, rawRequest } from './raw-https';
import type { Recording } from './recordings';
import { shapeDifferences } from './shapes';

const TOKENS: Record<string, string> = {
  'root@pam!full': 'root@pam!full',
  'ada@pve!desk': 'ada@pve!desk',
  'ada@pve!limited': 'ada@pve!limited',
};
/** A secret the recording used to be refused. */
const WRONG_SECRET = '00000000-0000-4000-8000-000000000001';

/**
 * Sends recorded requests to a simulated cluster, with that cluster's own
 * tickets, tokens and task ids in place of the recorded ones.
 */
export class Replay {
  readonly #cluster: DemoCluster;
  readonly #tickets = new Map<string, { ticket: string; csrf: string }>();
  readonly #upids = new Map<string, string>();
  #halfTicket = '';

  constructor(cluster: DemoCluster) {
    this.#cluster = cluster;
  }

  /** Sends one recorded request and says how its answer differs. */
  async differences(recording: Recording): Promise<string[]> {
    const answer = await this.#send(recording);
    const parsed: unknown = answer.text.startsWith('{') ? JSON.parse(answer.text) : null;
    this.#learn(recording, parsed);
    return [
      ...statusDifferences(recording, answer),
      ...headerDifferences(recording, answer),
      ...(recording.response.bodyText === null || recording.response.bodyText === ''
        ? shapeDifferences(recording.response.json, parsed)
        : recording.response.bodyText === answer.text
          ? []
          : [`body: '${recording.response.bodyText}' recorded, '${answer.text}' answered`]),
    ];
  }

  async #send(recording: Recording): Promise<RawAnswer> {
    const { method, path, headers, body } = recording.request;
    const { host, port } = this.#cluster.endpoint;
    const chunked = headers['Transfer-Encoding'] !== undefined;
    const sent = await this.#headers(headers);
    const text = chunked ? 'x' : await this.#body(body, sent);
    return rawRequest({
      host,
      port,
      method,
      path: this.#withUpids(path),
      headers: sent,
      chunked,
      ...(text === undefined ? {} : { body: text }),
    });
  }

  async #headers(recorded: Record<string, string>): Promise<Record<string, string>> {
    const headers = { ...recorded };
    delete headers['Transfer-Encoding'];
    for (const name of ['Cookie', 'Authorization'] as const) {
      const value = headers[name];
      if (value !== undefined) headers[name] = await this.#credential(value);
    }
    const csrf = headers.CSRFPreventionToken;
    if (csrf?.includes('BBBB') === true) {
      headers.CSRFPreventionToken = (await this.#login(userOf(recorded.Cookie ?? ''))).csrf;
    }
    // The recorded client took compressed answers, but none was long enough.
    delete headers['Accept-Encoding'];
    return headers;
  }

  async #credential(value: string): Promise<string> {
    const token = /^PVEAPIToken=([^=]+)=(.+)$/.exec(value);
    if (token !== null) {
      const id = TOKENS[token[1] ?? ''];
      if (id === undefined || token[2] === WRONG_SECRET) return value;
      return `PVEAPIToken=${id}=${this.#cluster.token(id).secret}`;
    }
    if (value.includes('!tfa!')) return `PVEAuthCookie=${this.#halfTicket}`;
    if (!value.includes('AAAAAAAA')) return value;
    const { ticket } = await this.#login(userOf(value));
    return `PVEAuthCookie=${value.includes('%3A') ? encodeURIComponent(ticket) : ticket}`;
  }

  async #login(userid: string): Promise<{ ticket: string; csrf: string }> {
    const known = this.#tickets.get(userid);
    if (known !== undefined) return known;
    const { site } = this.#cluster;
    const seconds = site.now() / 1000;
    const made = {
      ticket: site.tickets.issue(userid, seconds),
      csrf: site.tickets.csrf(userid, seconds),
    };
    this.#tickets.set(userid, made);
    return made;
  }

  async #body(
    recorded: string | null,
    headers: Record<string, string>,
  ): Promise<string | undefined> {
    if (recorded === null) return undefined;
    if (recorded.startsWith('<multipart')) {
      headers['Content-Type'] = 'multipart/form-data; boundary=cut';
      return multipart('up.iso', 70_000);
    }
    if (recorded.includes('<600000 x>')) return recorded.replace('<600000 x>', 'x'.repeat(600_000));
    const form = new URLSearchParams(recorded);
    const password = form.get('password') ?? '';
    if (password.startsWith('PVE:')) {
      form.set('password', (await this.#login(form.get('username') ?? '')).ticket);
    }
    if (password === 'totp:214838') form.set('password', `totp:${this.#cluster.totp('otto@pve')}`);
    if (form.has('tfa-challenge')) form.set('tfa-challenge', this.#halfTicket);
    return recorded.startsWith('{') ? recorded : form.toString();
  }

  #withUpids(path: string): string {
    let out = path;
    for (const [recorded, live] of this.#upids) {
      out = out.replace(wholeEncoded(recorded), wholeEncoded(live)).replace(recorded, live);
    }
    return out;
  }

  #learn(recording: Recording, answered: unknown): void {
    const before = dataOf(recording.response.json);
    const now = dataOf(answered);
    if (typeof before === 'string' && before.startsWith('UPID:') && typeof now === 'string') {
      this.#upids.set(before, now);
    }
    if (typeof now === 'object' && now !== null && 'NeedTFA' in now && 'ticket' in now) {
      this.#halfTicket = String(now.ticket);
    }
  }
}

/** Encodes `!` too, as the recorded client did. */
function wholeEncoded(upid: string): string {
  return encodeURIComponent(upid).replaceAll('!', '%21');
}

function userOf(cookie: string): string {
  return /PVE(?::|%3A)([^:%]+(?:@|%40)[^:%]+)/.exec(cookie)?.[1]?.replace('%40', '@') ?? '';
}

function dataOf(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'data' in json ? json.data : undefined;
}

function statusDifferences(recording: Recording, answer: RawAnswer): string[] {
  const recorded = recording.response.statusLine;
  return recorded === answer.statusLine
    ? []
    : [`status: '${recorded}' recorded, '${answer.statusLine}' answered`];
}

/** Names of all headers, and the values a client acts on. */
function headerDifferences(recording: Recording, answer: RawAnswer): string[] {
  const recorded = recording.response.headers;
  const out: string[] = [];
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(answer.headers)])) {
    if (!(name in answer.headers)) out.push(`header ${name}: recorded, not answered`);
    else if (!(name in recorded)) out.push(`header ${name}: answered, not recorded`);
    else if (['Connection', 'Content-Type', 'Server', 'Location', 'Cache-Control'].includes(name)) {
      if (recorded[name] !== answer.headers[name]) {
        out.push(
          `header ${name}: '${recorded[name]}' recorded, '${answer.headers[name]}' answered`,
        );
      }
    }
  }
  return out;
}

function multipart(filename: string, bytes: number): string {
  return [
    '--cut\r\nContent-Disposition: form-data; name="content"\r\n\r\niso\r\n',
    `--cut\r\nContent-Disposition: form-data; name="filename"; filename="${filename}"\r\n`,
    'Content-Type: application/octet-stream\r\n\r\n',
    `${'x'.repeat(bytes)}\r\n--cut--\r\n`,
  ].join('');
}
