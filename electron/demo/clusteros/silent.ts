import type { Logger } from '#agent/ports';

/** A simulated node's log interests nobody. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
