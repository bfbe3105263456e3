import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { BundlePreview } from '#shared/contract/bundles';
import type { Client } from '#shared/contract/index';

/** A key pair of age: far quicker than a passphrase, and as real. */
export async function ageKeys(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

type ExportInput = Parameters<Client['bundles']['export']>[0];

/** Exports and returns the file with the news that came before it. */
export async function exportBundle(client: Client, input: ExportInput) {
  const fractions: number[] = [];
  for await (const news of await client.bundles.export(input)) {
    if (news.type === 'progress') fractions.push(news.fraction);
    else return { ...news, bytes: Buffer.from(news.base64, 'base64'), fractions };
  }
  throw new Error('the export ended without a file');
}

/** Opens a file and returns its preview. */
export async function openFile(
  client: Client,
  content: Uint8Array | string,
  {
    fileName = 'file.cdeck',
    ...keys
  }: { fileName?: string; passphrase?: string; identity?: string } = {},
): Promise<BundlePreview> {
  const base64 = Buffer.from(content).toString('base64');
  for await (const news of await client.bundles.open({ base64, fileName, ...keys })) {
    if (news.type === 'done') return news.preview;
  }
  throw new Error('the file was not opened');
}

/** A bundle's document as a hand-made file, not encrypted. */
export function document(
  clusters: unknown[],
  more: { groups?: object[]; secrets?: Record<string, string>; version?: number } = {},
): string {
  const { groups = [], secrets, version = 1 } = more;
  return JSON.stringify({
    format: 'clusterdeck-bundle',
    version,
    made: { by: 'bob@other', at: '2026-11-01T10:00:00.000Z', program: 'Clusterdeck 0.1.0' },
    counts: {
      clusters: clusters.length,
      groups: groups.length,
      secrets: Object.keys(secrets ?? {}).length,
    },
    groups,
    clusters,
    ...(secrets && { secrets }),
  });
}

/** One cluster as a bundle has it. */
export const entry = (clusterId: string, more: object = {}) => ({
  cluster_id: clusterId,
  name: `Lab ${clusterId}`,
  endpoints: [{ host: `${clusterId}.example`, port: 8006, pin: null }],
  user: 'root@pam',
  ...more,
});
