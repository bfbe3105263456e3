import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, byUuid, fingerprint, nothing, timestampMs, uuid } from './base';
import {
  authKind,
  clusterKind,
  clusterSchema,
  clusterUser,
  endpointSchema,
  pveUser,
  secretInput,
  tokenIdSchema,
  verifyMode,
} from './clusters';

/**
 * The same for every kind. Of a ClusterOS cluster `permissions` tells the token's role and `quorum`
 * whether its shared state can be written.
 */
export const STAGES = [
  'name resolution',
  'tcp',
  'tls',
  'authentication',
  'permissions',
  'version',
  'nodes',
  'quorum',
] as const;
export const stageName = z.enum(STAGES);
export type StageName = z.infer<typeof stageName>;

export const certificateInfo = z.object({
  fingerprint,
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  validFrom: timestampMs,
  validTo: timestampMs,
  selfSigned: z.boolean(),
  /** whether this machine's CAs vouch for it under the host name used */
  trustedByCa: z.boolean(),
});
export type CertificateInfo = z.infer<typeof certificateInfo>;

export const testStage = z.object({
  name: stageName,
  state: z.enum(['running', 'passed', 'failed', 'skipped']),
  ms: z.number().nonnegative(),
  /** what was found, in a few words: `10.0.0.5`, `9.2.11`, `3 of 3 online` */
  detail: z.string().optional(),
  remedy: z.string().optional(),
  code: z.string().optional(),
  certificate: certificateInfo.optional(),
  pinned: z.string().optional(),
});
export type TestStage = z.infer<typeof testStage>;

export const testResult = z.object({
  ok: z.boolean(),
  message: z.string(),
  version: z.string().nullable(),
  nodes: z.number().int(),
  nodeNames: z.array(z.string()),
  endpoint: z.string(),
  stages: z.array(testStage),
  /** second factors the server asked for, when authentication stopped there */
  factors: z.array(z.string()).optional(),
});
export type TestResult = z.infer<typeof testResult>;

export const testEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stage'), endpoint: z.string(), stage: testStage }),
  z.object({ type: z.literal('done'), result: testResult }),
]);
export type TestEvent = z.infer<typeof testEvent>;

export const tfaAnswer = z.strictObject({
  kind: z.enum(['totp', 'recovery', 'yubico']),
  code: z.string().trim().min(4).max(100),
});
export type TfaAnswer = z.infer<typeof tfaAnswer>;

/** What a form holds before it is saved; with `uuid` a blank secret means the stored one. */
export const connectionDraft = z.strictObject({
  uuid: uuid.optional(),
  kind: clusterKind.default('proxmox'),
  endpoints: z.array(endpointSchema).min(1).max(16),
  authKind,
  user: clusterUser,
  tokenId: tokenIdSchema.nullable(),
  verify: verifyMode,
  secret: secretInput.optional(),
});
export type ConnectionDraft = z.infer<typeof connectionDraft>;

export const FEATURES = ['watch', 'power', 'deploy', 'templates', 'isos', 'idle shutdown'] as const;
export const featureName = z.enum(FEATURES);
export type FeatureName = z.infer<typeof featureName>;

export const featurePrivileges = z.object({
  feature: featureName,
  ok: z.boolean(),
  missing: z.array(z.object({ path: z.string(), privileges: z.array(z.string()) })),
  /** one sentence on what grants it */
  remedy: z.string().optional(),
});
export type FeaturePrivileges = z.infer<typeof featurePrivileges>;

/** Whether an account may do one thing on a cluster, and the places where it is otherwise. */
export const right = z.object({
  /** `slurm` of a ClusterOS cluster, the others of a Proxmox one */
  action: z.enum(['power', 'stopTask', 'slurm']),
  privilege: z.string(),
  held: z.boolean(),
  /** vmids (power) or nodes (stopTask) for which the opposite of `held` is true */
  except: z.array(z.string()),
});
export type Right = z.infer<typeof right>;

export const connection = {
  /** runs the stages one after another and tells each as it ends; aborting the call cancels the test */
  test: base
    .input(
      z.union([
        z.strictObject({ uuid, tfa: tfaAnswer.optional() }),
        z.strictObject({ draft: connectionDraft, tfa: tfaAnswer.optional() }),
      ]),
    )
    .output(eventIterator(testEvent)),
  /** reads the certificate and sends no byte of HTTP */
  certificate: base
    .input(z.strictObject({ host: endpointSchema.shape.host, port: endpointSchema.shape.port }))
    .output(certificateInfo),
  /** pins a fingerprint; `previous` must be the pin that is replaced (null: there was none) */
  pin: base
    .input(
      z.strictObject({
        uuid,
        host: endpointSchema.shape.host,
        port: endpointSchema.shape.port,
        fingerprint,
        previous: fingerprint.nullable(),
      }),
    )
    .output(clusterSchema),
  /** fingerprints that an already trusted member vouches for: offered as further endpoints */
  siblings: base
    .input(byUuid)
    .output(
      z.array(z.object({ node: z.string(), host: z.string(), port: z.number(), pin: fingerprint })),
    ),
  /** answers the second factor for the running session of a cluster */
  answerTfa: base.input(z.strictObject({ uuid, tfa: tfaAnswer })).output(nothing),
  /** trades the stored password for a least-privilege user and token, stores that and forgets the password */
  mintToken: base
    .input(
      z.strictObject({
        uuid,
        features: z.array(featureName).min(1),
        user: pveUser.default('clusterdeck@pve'),
        tokenName: z
          .string()
          .regex(/^[A-Za-z][A-Za-z0-9.\-_]{0,62}$/)
          .default('desk'),
        tfa: tfaAnswer.optional(),
      }),
    )
    .output(
      z.object({ tokenId: z.string(), privileges: z.array(z.string()), cluster: clusterSchema }),
    ),
  missing: base.input(byUuid).output(z.array(featurePrivileges)),
  /** what the account may do, remembered for some minutes: what it may not is not offered */
  rights: base.input(byUuid).output(z.array(right)),
  /** storages of the live cluster, for pickers; with a draft before it is saved */
  storages: base.input(z.union([byUuid, z.strictObject({ draft: connectionDraft })])).output(
    z.array(
      z.object({
        storage: z.string(),
        type: z.string(),
        content: z.array(z.string()),
        shared: z.boolean(),
      }),
    ),
  ),
  /** polls this cluster now, ending its back-off */
  refresh: base.input(byUuid).output(nothing),
  /** stops or resumes watching one cluster until the host ends */
  pause: base.input(z.strictObject({ uuid, paused: z.boolean() })).output(nothing),
};
