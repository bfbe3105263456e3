// What the agent uses of undici, in the place of the whole: without fetch, WebSockets, caches and
// mocks, which are loaded at the start of a program and cost 13 MB that an idle node can do without.
import apiModule from 'undici/lib/api/index.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import globalModule from 'undici/lib/global.js';

// as undici's own index does
Object.assign(Dispatcher.prototype, apiModule);

/** `request(url, options)` of undici's index, for addresses as text. */
function request(url, { dispatcher = globalModule.getGlobalDispatcher(), ...options } = {}) {
  const { origin, pathname, search } = new URL(url);
  const { method = options.body === undefined ? 'GET' : 'PUT' } = options;
  const call = { ...options, origin, path: `${pathname}${search}`, method };
  return apiModule.request.call(dispatcher, call);
}

export { Agent, buildConnector, Pool, request };
