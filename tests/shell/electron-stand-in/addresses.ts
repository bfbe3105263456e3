/** Chromium knows no scheme `app`: its pages live at https addresses that exist nowhere. */
const ZONE = '.app-scheme.invalid';

/** `app://bundle/x` as Chromium is given it. */
export function toChromium(url: string): string {
  return url.replace(/^app:\/\/([^/]+)/, `https://$1${ZONE}`);
}

/** What a page's address is called in Electron. */
export function toElectron(url: string): string {
  return url.replace(/^https:\/\/([^/]+)\.app-scheme\.invalid/, 'app://$1');
}

export const isOwnScheme = (url: string) => toElectron(url) !== url;
