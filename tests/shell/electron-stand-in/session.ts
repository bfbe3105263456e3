import { EventEmitter } from 'node:events';
import { isOwnScheme, toChromium, toElectron } from './addresses';
import type { Session as Devtools } from './chromium';
import type { WebContents } from './web-contents';

type Answer<T> = (answer: T) => void;
type PermissionRequest = (
  contents: WebContents,
  permission: string,
  answer: Answer<boolean>,
  details: object,
) => void;
type PermissionCheck = (contents: WebContents, permission: string) => boolean;
type BeforeRequest = (
  details: { url: string; resourceType: string },
  answer: Answer<{ cancel?: boolean }>,
) => void;
type Handler = (request: Request) => Promise<Response> | Response;

/** Electron's names of permissions and Chromium's for the same. */
const PERMISSIONS: [string, object][] = [
  ['clipboard-read', { name: 'clipboard-read' }],
  ['clipboard-sanitized-write', { name: 'clipboard-write', allowWithoutSanitization: false }],
  ['geolocation', { name: 'geolocation' }],
  ['media', { name: 'camera' }],
  ['media', { name: 'microphone' }],
  ['midi', { name: 'midi' }],
  ['notifications', { name: 'notifications' }],
];

interface PausedRequest {
  requestId: string;
  resourceType: string;
  request: { url: string; method: string; headers: Record<string, string> };
}

class Session extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  #onRequest: BeforeRequest = (_details, answer) => answer({});
  #onPermission: PermissionRequest = (_contents, _permission, answer) => answer(true);
  #onCheck: PermissionCheck = () => true;

  readonly webRequest = {
    onBeforeRequest: (handler: BeforeRequest) => {
      this.#onRequest = handler;
    },
  };

  setPermissionRequestHandler(handler: PermissionRequest): void {
    this.#onPermission = handler;
  }

  setPermissionCheckHandler(handler: PermissionCheck): void {
    this.#onCheck = handler;
  }

  setDevicePermissionHandler(_handler: () => boolean): void {}

  /** Chromium asks no one over DevTools, so each permission is decided when a page has loaded. */
  async decidePermissions(browser: Devtools, contents: WebContents): Promise<void> {
    const { origin } = new URL(toChromium(contents.getURL()));
    for (const [permission, described] of PERMISSIONS) {
      const granted =
        this.#onCheck(contents, permission) &&
        (await new Promise<boolean>((answer) =>
          this.#onPermission(contents, permission, answer, {}),
        ));
      const setting = granted ? 'granted' : 'denied';
      await browser.send('Browser.setPermission', { permission: described, setting, origin });
    }
  }

  /** Every request of every page: first the session's filter, then the handler of its scheme. */
  async answer(devtools: Devtools, paused: PausedRequest): Promise<void> {
    const { requestId, resourceType, request } = paused;
    const url = toElectron(request.url);
    const { cancel } = await new Promise<{ cancel?: boolean }>((answer) =>
      this.#onRequest({ url, resourceType }, answer),
    );
    const handler = this.handlers.get(url.slice(0, url.indexOf(':')));
    if (cancel === true || (isOwnScheme(request.url) && handler === undefined)) {
      await devtools.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' });
    } else if (handler === undefined) {
      await devtools.send('Fetch.continueRequest', { requestId });
    } else {
      const response = await handler(new Request(url, { method: request.method }));
      await devtools.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: response.status,
        responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
        body: Buffer.from(await response.arrayBuffer()).toString('base64'),
      });
    }
  }
}

const defaultSession = new Session();
export const session = { defaultSession };

export const protocol = {
  schemes: new Set<string>(),
  registerSchemesAsPrivileged(schemes: { scheme: string }[]): void {
    for (const { scheme } of schemes) protocol.schemes.add(scheme);
  },
  handle(scheme: string, handler: Handler): void {
    if (!protocol.schemes.has(scheme)) throw new Error(`${scheme} was not registered before ready`);
    defaultSession.handlers.set(scheme, handler);
  },
};
