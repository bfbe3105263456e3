import { type ClusterKind, DEFAULT_PORTS, type Endpoint } from '#shared/contract/clusters';
import type { Client } from '#shared/contract/index';
import { hostPort, splitHostPort } from '#shared/domain/host';
import type { ClusterOptions } from './cluster-options';
import type { Output } from './output';

/** The endpoints as they are to be after the options, or undefined when no option names one. */
export function endpointsFrom(
  options: ClusterOptions,
  kind: ClusterKind,
  before: readonly Endpoint[] = [],
): Endpoint[] | undefined {
  const { host, port, pin, endpoint } = options;
  if (host === undefined && port === undefined && pin === undefined && endpoint.length === 0) {
    return undefined;
  }
  const [old, ...rest] = before;
  const isSameHost = host === undefined || host === old?.host;
  const first = {
    host: host ?? old?.host ?? '',
    port: port === undefined ? (old?.port ?? DEFAULT_PORTS[kind]) : Number(port),
    // the pin of another machine says nothing about this one
    pin: pin ?? (isSameHost ? (old?.pin ?? null) : null),
  };
  return [first, ...(endpoint.length > 0 ? endpoint.map((one) => parseEndpoint(one, kind)) : rest)];
}

/** `pve1`, `pve1:8006`, `[fd00::1]:8006`, each with `=AA:BB:...` behind it for its pin. */
function parseEndpoint(text: string, kind: ClusterKind): Endpoint {
  const [address = '', pin] = text.split('=', 2);
  const { host, port } = splitHostPort(address);
  return { host, port: port ?? DEFAULT_PORTS[kind], pin: pin ?? null };
}

/** Looks at the certificate of every endpoint with no pin, shows it and pins it. */
export async function trustEndpoints(
  endpoints: readonly Endpoint[],
  client: Client,
  out: Output,
  signal: AbortSignal,
): Promise<Endpoint[]> {
  const trusted: Endpoint[] = [];
  for (const { host, port, pin } of endpoints) {
    if (pin !== null) {
      trusted.push({ host, port, pin });
      continue;
    }
    const seen = await client.connection.certificate({ host, port }, { signal });
    const until = new Date(seen.validTo).toISOString().slice(0, 10);
    out.note(`Trusting ${hostPort(host, port)}: SHA-256 ${seen.fingerprint}`);
    out.note(`  issued by ${seen.issuer}, valid until ${until}`);
    trusted.push({ host, port, pin: seen.fingerprint });
  }
  return trusted;
}
