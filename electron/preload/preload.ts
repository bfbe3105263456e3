/**
 * The bridge between the renderer's page and the main process: one port and three constants.
 *
 * The page (`window.clusterdeck`, see {@link Bridge}) listens for a window message whose `data` is
 * `clusterdeck:port`, takes `ports[0]`, then calls `connect()`. Each call makes a new port and the
 * main process closes the former one, so a page connects once at its start and again after a loss.
 */
import { contextBridge, ipcRenderer } from 'electron';
import type { Bridge } from '#shared/contract/bridge';

declare const window: { postMessage(data: string, origin: string, ports: object[]): void };
declare const location: { origin: string };

const VERSION = '--clusterdeck-version=';

const bridge: Bridge = {
  host: 'electron',
  platform: process.platform,
  version: process.argv.find((part) => part.startsWith(VERSION))?.slice(VERSION.length) ?? '',
  connect() {
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.postMessage('clusterdeck:connect', null, [port2]);
    window.postMessage('clusterdeck:port', location.origin, [port1]);
  },
};

contextBridge.exposeInMainWorld('clusterdeck', bridge);
