/** The isolated world that preload scripts run in, and the binding through which it calls out. */
export const WORLD = 'electron-isolated';
export const BINDING = 'electronStandIn';

/**
 * Main world: takes what the preload exposes. Worlds share the DOM and its synchronous events but
 * no objects, so values cross as JSON and functions as names, as with the real context bridge.
 */
export const MAIN_WORLD = `(() => {
  const call = (key, path, args) => {
    let answer;
    const take = (event) => { answer = JSON.parse(event.detail); };
    window.addEventListener('standin:return', take, { once: true });
    window.dispatchEvent(new CustomEvent('standin:call', { detail: JSON.stringify({ key, path, args }) }));
    window.removeEventListener('standin:return', take);
    if (answer && answer.error) throw new Error(answer.error);
    return answer && answer.value;
  };
  window.addEventListener('standin:expose', (event) => {
    const { key, values, functions } = JSON.parse(event.detail);
    const api = { ...values };
    for (const name of functions) api[name] = (...args) => call(key, name, args);
    Object.defineProperty(window, key, { value: Object.freeze(api), enumerable: true });
  });
})();`;

/**
 * Isolated world: what a sandboxed preload may require, around the real preload's text.
 * @param argv the renderer's command line with its additionalArguments
 */
export function preloadWorld(source: string, argv: readonly string[]): string {
  return `(() => {
  const call = (message) => globalThis.${BINDING}(JSON.stringify(message));
  const ports = new Map();
  let lastPort = 0;
  const contextBridge = {
    exposeInMainWorld(key, api) {
      const entries = Object.entries(api);
      const functions = entries.filter(([, value]) => typeof value === 'function').map(([name]) => name);
      const values = Object.fromEntries(entries.filter(([, value]) => typeof value !== 'function'));
      window.addEventListener('standin:call', (event) => {
        const asked = JSON.parse(event.detail);
        if (asked.key !== key) return;
        const answer = {};
        try { answer.value = api[asked.path](...asked.args); } catch (error) { answer.error = String(error); }
        window.dispatchEvent(new CustomEvent('standin:return', { detail: JSON.stringify(answer) }));
      });
      window.dispatchEvent(new CustomEvent('standin:expose', { detail: JSON.stringify({ key, values, functions }) }));
    },
  };
  const ipcRenderer = {
    postMessage(channel, message, transfer = []) {
      const ids = transfer.map((port) => {
        const id = ++lastPort;
        ports.set(id, port);
        port.onmessage = ({ data }) => {
          if (typeof data !== 'string') throw new Error('The stand-in carries text only');
          call({ type: 'data', id, data });
        };
        port.addEventListener('close', () => call({ type: 'close', id }));
        return id;
      });
      call({ type: 'post', channel, message, ports: ids });
    },
  };
  globalThis.standInDeliver = (id, data) => ports.get(id)?.postMessage(data);
  globalThis.standInClose = (id) => { ports.get(id)?.close(); ports.delete(id); };
  const require = (name) => {
    if (name === 'electron') return { contextBridge, ipcRenderer };
    throw new Error('module not found: ' + name);
  };
  const process = ${JSON.stringify({ platform: process.platform, argv })};
  const module = { exports: {} };
  ((require, module, exports, process) => {${source}
  })(require, module, module.exports, process);
})();`;
}
