import { z } from 'zod';
import { isHost } from '../domain/host';
import { base, byUuid, fingerprint, nothing, timestampMs, uuid } from './base';

export const clusterKind = z.enum(['proxmox', 'clusteros']);
export type ClusterKind = z.infer<typeof clusterKind>;
/** Where each kind listens unless somebody chose otherwise. */
export const DEFAULT_PORTS: Readonly<Record<ClusterKind, number>> = {
  proxmox: 8006,
  clusteros: 9090,
};
/** How the server's certificate is verified: by a CA, by its pinned fingerprint, or not at all. */
export const verifyMode = z.enum(['ca', 'pin', 'off']);
export type VerifyMode = z.infer<typeof verifyMode>;
export const authKind = z.enum(['password', 'token']);
export type AuthKind = z.infer<typeof authKind>;

export const clusterIdSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,49}$/,
    'Use up to 50 small letters, digits and hyphens, not starting with a hyphen.',
  );

const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `At most ${max} characters.`)
    .refine((text) => !/\p{Cc}/u.test(text), 'Control characters are not allowed.');
const storageName = line(100).nullable();

export const endpointSchema = z.object({
  host: z
    .string()
    .trim()
    .max(253)
    .refine(isHost, 'A host name or an IP address, with no scheme, port or path.'),
  port: z
    .number('The port is a number.')
    .int('The port is a whole number.')
    .min(1, 'Ports go from 1 to 65535.')
    .max(65535, 'Ports go from 1 to 65535.'),
  pin: fingerprint.nullable(),
});
export type Endpoint = z.infer<typeof endpointSchema>;

/** PVE user with realm, as `root@pam`. */
export const pveUser = z
  .string()
  .trim()
  .max(128)
  .regex(/^[^\s:/@!]+(@[^\s:/@!]+)*@[A-Za-z][A-Za-z0-9.\-_]+$/, 'A user with realm, as root@pam.');
/** The account of a cluster; '' for ClusterOS, where the token alone says who asks. */
export const clusterUser = z.union([z.literal(''), pveUser]);
export const tokenIdSchema = z
  .string()
  .trim()
  .max(192)
  .regex(
    /^[^\s:/@!]+(@[^\s:/@!]+)*@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+$/,
    'A token id, as deck@pve!desk.',
  );

/** A password or token secret on its way in; it never comes back. Blank keeps the stored one. */
export const secretInput = z
  .string()
  .max(4096)
  .refine((text) => !/[\0\r\n]/.test(text), 'Line breaks are not allowed.');

/** The fields a person edits, all required; {@link clusterCreate} gives the defaults. */
const editable = {
  clusterId: clusterIdSchema,
  kind: clusterKind,
  name: line(100).min(1, 'A cluster needs a name.'),
  endpoints: z
    .array(endpointSchema)
    .min(1, 'A cluster needs at least one endpoint.')
    .max(16, 'At most 16 endpoints.')
    .refine(
      (list) => new Set(list.map((e) => `${e.host.toLowerCase()}|${e.port}`)).size === list.length,
      'An endpoint is listed twice.',
    ),
  /** ClusterOS knows tokens only: there it is `token`, with neither user nor token id */
  authKind,
  user: clusterUser,
  tokenId: tokenIdSchema.nullable(),
  verify: verifyMode,
  isActive: z.boolean(),
  isDefault: z.boolean(),
  allowVmDeployment: z.boolean(),
  allowTemplateSync: z.boolean(),
  allowIsoSync: z.boolean(),
  autoShutdownEnabled: z.boolean(),
  priority: z
    .number()
    .int()
    .min(0, 'Priority goes from 0 to 100.')
    .max(100, 'Priority goes from 0 to 100.'),
  defaultStorage: storageName,
  templateStorage: storageName,
  isoStorage: storageName,
  description: z.string().trim().max(2000, 'At most 2000 characters.'),
  groupUuid: uuid.nullable(),
  /** the remote it is kept in step with; null: none */
  remoteUuid: uuid.nullable(),
  protected: z.boolean(),
  /** nothing here changes it or its guests until this is switched off */
  readOnly: z.boolean(),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'A colour as #3d5be0.')
    .nullable(),
};

/** One cluster's configuration as screens and scripts see it. Secrets are never part of it. */
export const clusterSchema = z.object({
  uuid,
  /** the small number (db_id) that scripts and the portal may use in place of the id */
  number: z.number().int().positive(),
  ...editable,
  /** whether a secret is stored for the present kind of authentication */
  hasSecret: z.boolean(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
  /** grows with each change; an edit names the one it is based on */
  revision: z.number().int().positive(),
});
export type Cluster = z.infer<typeof clusterSchema>;

/** What a new cluster needs; everything else has its default. */
export const clusterCreate = z.strictObject({
  ...editable,
  kind: editable.kind.default('proxmox'),
  authKind: editable.authKind.default('password'),
  user: editable.user.default('root@pam'),
  tokenId: editable.tokenId.default(null),
  verify: editable.verify.default('pin'),
  isActive: editable.isActive.default(true),
  isDefault: editable.isDefault.default(false),
  allowVmDeployment: editable.allowVmDeployment.default(true),
  allowTemplateSync: editable.allowTemplateSync.default(true),
  allowIsoSync: editable.allowIsoSync.default(true),
  autoShutdownEnabled: editable.autoShutdownEnabled.default(false),
  priority: editable.priority.default(50),
  defaultStorage: editable.defaultStorage.default(null),
  templateStorage: editable.templateStorage.default(null),
  isoStorage: editable.isoStorage.default(null),
  description: editable.description.default(''),
  groupUuid: editable.groupUuid.default(null),
  remoteUuid: editable.remoteUuid.default(null),
  protected: editable.protected.default(false),
  readOnly: editable.readOnly.default(false),
  colour: editable.colour.default(null),
  secret: secretInput.optional(),
});
export type ClusterCreateInput = z.input<typeof clusterCreate>;
export type ClusterCreate = z.output<typeof clusterCreate>;

export const clusterUpdate = z.strictObject({
  uuid,
  /** the revision the edit is based on; a newer one in the store is REVISION_CHANGED */
  revision: z.number().int().positive().optional(),
  changes: z.strictObject({ ...editable, secret: secretInput }).partial(),
});
export type ClusterUpdate = z.infer<typeof clusterUpdate>;
export type ClusterChanges = ClusterUpdate['changes'];

export const groupSchema = z.object({
  uuid,
  name: line(60).min(1, 'A group needs a name.'),
  colour: z.string().regex(/^#[0-9a-f]{6}$/i, 'A colour as #3d5be0.'),
  position: z.number().int().nonnegative(),
});
export type Group = z.infer<typeof groupSchema>;

export const clusters = {
  list: base.output(z.array(clusterSchema)),
  /** by uuid, cluster_id or number */
  get: base.input(z.object({ ref: z.string().min(1).max(64) })).output(clusterSchema),
  create: base.input(clusterCreate).output(clusterSchema),
  update: base.input(clusterUpdate).output(clusterSchema),
  duplicate: base
    .input(z.strictObject({ uuid, clusterId: clusterIdSchema, name: editable.name }))
    .output(clusterSchema),
  /** a protected cluster needs `confirm` = its cluster_id; the last one is refused */
  remove: base.input(z.strictObject({ uuid, confirm: z.string().optional() })).output(nothing),
};

export const groups = {
  list: base.output(z.array(groupSchema)),
  create: base
    .input(z.strictObject({ name: groupSchema.shape.name, colour: groupSchema.shape.colour }))
    .output(groupSchema),
  update: base
    .input(
      groupSchema.pick({ uuid: true }).extend(groupSchema.omit({ uuid: true }).partial().shape),
    )
    .output(groupSchema),
  /** its clusters stay, with no group */
  remove: base.input(byUuid).output(nothing),
};
