import { Failure } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { repeat } from '../../facts/loop';
import type { Clock, Commands, Logger, Supervisor } from '../../ports';
import { KNOWN_SERVICES, type KnownService } from './known';
import { Prober, type Seen } from './probe';
import type { FoundService, ServiceProbes } from './types';
import { supervisedUnits, systemdUnits, type Unit } from './units';

export interface ServicesOptions {
  clock: Clock;
  logger: Logger;
  commands: Commands;
  supervisor: Pick<Supervisor, 'state'>;
  hasSystemd: boolean;
  /** where people reach this node */
  address(): string;
  /** default: those that labs of this kind offer */
  known?: readonly KnownService[];
}

export interface NodeServices extends ServiceProbes {
  start(): void;
  close(): Promise<void>;
}

const SERVICES_MS = 10_000;
const UNITS_MS = 5_000;
const LOOPBACK = '127.0.0.1';

/** What this node offers to people and which of its units run, looked at in the background. */
export function createServices(options: ServicesOptions): NodeServices {
  return new Looker(options);
}

class Looker implements NodeServices {
  readonly #options: ServicesOptions;
  readonly #prober = new Prober();
  readonly #ends = new AbortController();
  readonly #found = new Map<string, FoundService>();
  #units: Unit[] = [];
  #looking: Promise<void>[] = [];

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock } = this.#options;
    const { signal } = this.#ends;
    // each on its own: a hung systemctl must not stop the probes
    this.#looking = [
      repeat(clock, SERVICES_MS, signal, () => this.#lookAtServices()),
      repeat(clock, UNITS_MS, signal, () => this.#lookAtUnits()),
    ];
  }

  async close(): Promise<void> {
    this.#ends.abort();
    await Promise.all(this.#looking);
    await this.#prober.close();
  }

  found(): FoundService[] {
    return [...this.#found.values()];
  }

  units(): Unit[] {
    return this.#units;
  }

  async #lookAtServices(): Promise<void> {
    const { known = KNOWN_SERVICES } = this.#options;
    await Promise.all(known.map((service) => this.#lookFor(service)));
  }

  /** What was never seen is not told of; what was seen once is told of also when it fails. */
  async #lookFor(service: KnownService): Promise<void> {
    const before = this.#found.get(service.name);
    const ports = before === undefined ? service.ports : [before.port];
    for (const port of ports) {
      const now = await this.#at(service, port);
      if (now === null) continue;
      this.#found.set(service.name, now);
      return;
    }
    if (before === undefined) return;
    const message = 'Nothing of it answers at its port any more.';
    this.#found.set(service.name, { ...before, status: 'stopped', message, url: null });
    // it may come back at another port
    if (before.status === 'stopped') await this.#elsewhere(service, before.port);
  }

  async #elsewhere(service: KnownService, port: number): Promise<void> {
    for (const other of service.ports.filter((one) => one !== port)) {
      const now = await this.#at(service, other);
      if (now?.status === 'running') this.#found.set(service.name, now);
    }
  }

  /** Null where it is not there and never was. */
  async #at(service: KnownService, port: number): Promise<FoundService | null> {
    const address = this.#options.address();
    const before = this.#found.get(service.name);
    const told = (status: FoundService['status'], message: string, url: string | null) => ({
      name: service.name,
      address,
      port,
      status,
      message,
      url,
      lastSeen: status === 'running' ? this.#options.clock.now() : (before?.lastSeen ?? 0),
    });
    const outside = await this.#prober.look(service, address, port);
    if (outside.kind === 'it')
      return told('running', `It answers on port ${port}.`, urlOf(service, address, port));
    const inside: Seen =
      address === LOOPBACK ? outside : await this.#prober.look(service, LOOPBACK, port);
    if (inside.kind === 'it') {
      return told('running', `It answers on this node only, at ${LOOPBACK}:${port}.`, null);
    }
    const failing = [outside, inside].find((seen) => seen.kind === 'failing');
    if (failing === undefined || before === undefined) return null;
    return told('error', failing.why, null);
  }

  async #lookAtUnits(): Promise<void> {
    const { hasSystemd, commands, supervisor, logger } = this.#options;
    try {
      const answers = new Set(
        this.found()
          .filter(({ status }) => status === 'running')
          .map(({ name }) => name),
      );
      this.#units = hasSystemd
        ? await systemdUnits(commands)
        : await supervisedUnits(supervisor, answers);
    } catch (error) {
      if (!(error instanceof Failure)) logger.error({ error }, 'The units could not be looked at');
      const { message } = error instanceof Failure ? error : { message: 'It could not be asked.' };
      this.#units = this.#units.map(({ name }) => ({ name, status: 'unknown', message }));
    }
  }
}

function urlOf({ scheme, page }: KnownService, address: string, port: number): string {
  const isUsual = port === (scheme === 'https' ? 443 : 80);
  const host = hostPort(address, port);
  return `${scheme}://${isUsual ? host.slice(0, host.lastIndexOf(':')) : host}${page}`;
}
