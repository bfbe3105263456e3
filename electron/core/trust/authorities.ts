import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/**
 * The certificate authorities that `ca` verifies against: those of Node, of NODE_EXTRA_CA_CERTS and
 * of the operating system, where labs install their own. Read once, on first use.
 * @param extra further authorities in PEM
 */
export function machineAuthorities(extra: string[] = []): () => SecureContext {
  let context: SecureContext | null = null;
  return () => {
    if (context !== null) return context;
    const known = [...getCACertificates('default'), ...getCACertificates('system'), ...extra];
    context = createSecureContext({ ca: [...new Set(known)] });
    return context;
  };
}
