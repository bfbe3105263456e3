/**
 * What the desktop shell's preload puts on the page as `window.clusterdeck`; absent in a browser.
 */
export interface Bridge {
  host: 'electron';
  /** as Node names it: `linux`, `darwin`, `win32` */
  platform: string;
  /** of Clusterdeck, as `0.1.0` */
  version: string;
  /**
   * Asks for a port to the core. It arrives as a window message whose `data` is
   * `clusterdeck:port`, as `ports[0]`. The main process keeps only the newest port of a window.
   */
  connect(): void;
}
