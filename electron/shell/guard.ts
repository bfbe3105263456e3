import type { IpcMainEvent, Session, WebContents } from 'electron';
import type { Logger } from '#electron/core/ports';
import { isBundleUrl } from './protocol';

type Sender = Pick<IpcMainEvent, 'senderFrame'> & {
  sender: { mainFrame: IpcMainEvent['sender']['mainFrame'] };
};

/** Whether a message comes from the main frame of a page of the bundle and from nothing else. */
export function isTrustedSender({ sender, senderFrame }: Sender): boolean {
  return (
    senderFrame !== null &&
    senderFrame.parent === null &&
    senderFrame === sender.mainFrame &&
    isBundleUrl(senderFrame.url)
  );
}

/** Copying text is the only thing a page may ask of the system. */
const PERMITTED = new Set(['clipboard-sanitized-write']);

/** A file which the page itself made, as an exported bundle. A person is asked where to put it. */
function isOwnFile(url: string): boolean {
  return url.startsWith('blob:') && isBundleUrl(url.slice('blob:'.length));
}

/** Denies permissions, devices, foreign downloads and every request that leaves the bundle. */
export function guardSession(session: Session, logger: Logger): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    const granted = PERMITTED.has(permission) && isBundleUrl(contents.getURL());
    if (!granted) logger.warn({ permission }, 'A page asked for a permission and was refused');
    answer(granted);
  });
  session.setPermissionCheckHandler(
    (contents, permission) =>
      contents !== null && PERMITTED.has(permission) && isBundleUrl(contents.getURL()),
  );
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event, item) => {
    if (isOwnFile(item.getURL())) return;
    event.preventDefault();
    logger.warn({}, 'A download was refused');
  });
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    const allowed = isBundleUrl(url) || isOwnFile(url) || url.startsWith('devtools:');
    if (!allowed) logger.warn({ scheme: URL.parse(url)?.protocol }, 'A request was refused');
    answer({ cancel: !allowed });
  });
}

/** Denies new windows, webviews and every navigation away from the bundle. */
export function guardContents(contents: WebContents, logger: Logger): void {
  const stay = (event: { preventDefault(): void; url: string }) => {
    if (isBundleUrl(event.url)) return;
    event.preventDefault();
    logger.warn({ scheme: URL.parse(event.url)?.protocol }, 'A navigation was refused');
  };
  // fires for the main frame as well as for frames inside
  contents.on('will-frame-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => {
    logger.warn({}, 'A new window was refused');
    return { action: 'deny' };
  });
}
