import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, byUuid, fingerprint, nothing, timestampMs, uuid } from './base';
import { secretInput, verifyMode } from './clusters';
import { testStage } from './connection';
import { failureView } from './errors';

/** A server that speaks `/api/cluster-config`: the lab portal, or another Clusterdeck as hub. */
export const remoteSchema = z.object({
  uuid,
  name: z.string().trim().min(1, 'A remote needs a name.').max(60),
  url: z.url({ protocol: /^https?$/, error: 'An address as https://portal.example.org.' }).max(500),
  /** form login as a portal user, a bearer token as a hub gives it, or none */
  auth: z.enum(['none', 'login', 'token']),
  user: z.string().trim().max(128).nullable(),
  verify: verifyMode,
  pin: fingerprint.nullable(),
  hasSecret: z.boolean(),
  /** sync by itself when something waits and the remote answers */
  syncWhenOnline: z.boolean(),
  lastSyncAt: timestampMs.nullable(),
  lastFailure: failureView.nullable(),
  createdAt: timestampMs,
  revision: z.number().int().positive(),
});
export type Remote = z.infer<typeof remoteSchema>;

const shape = remoteSchema.shape;
export const remoteCreate = z.strictObject({
  name: shape.name,
  url: shape.url,
  auth: shape.auth.default('login'),
  user: shape.user.default(null),
  verify: shape.verify.default('pin'),
  pin: shape.pin.default(null),
  syncWhenOnline: shape.syncWhenOnline.default(false),
  secret: secretInput.optional(),
});
export type RemoteCreateInput = z.input<typeof remoteCreate>;
export const remoteUpdate = z.strictObject({
  uuid,
  revision: z.number().int().positive().optional(),
  changes: z
    .strictObject({
      name: shape.name,
      url: shape.url,
      auth: shape.auth,
      user: shape.user,
      verify: shape.verify,
      pin: shape.pin,
      syncWhenOnline: shape.syncWhenOnline,
      secret: secretInput,
    })
    .partial(),
});

/** stage names: `name resolution`, `tcp`, `tls`, `login`, `read` */
export const remoteStage = testStage.extend({
  name: z.enum(['name resolution', 'tcp', 'tls', 'login', 'read']),
});
export type RemoteStage = z.infer<typeof remoteStage>;
export const remoteTestResult = z.object({
  ok: z.boolean(),
  message: z.string(),
  clusters: z.number().int().nonnegative(),
  stages: z.array(remoteStage),
});
export type RemoteTestResult = z.infer<typeof remoteTestResult>;

export const remotes = {
  list: base.output(z.array(remoteSchema)),
  create: base.input(remoteCreate).output(remoteSchema),
  update: base.input(remoteUpdate).output(remoteSchema),
  /** clusters that follow it stay and follow none */
  remove: base.input(byUuid).output(nothing),
  test: base
    .input(
      z.union([
        z.strictObject({ uuid }),
        // with `uuid` a blank secret means the stored one, as long as the address is the stored one
        z.strictObject({ draft: remoteCreate, uuid: uuid.optional() }),
      ]),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          z.object({ type: z.literal('stage'), stage: remoteStage }),
          z.object({ type: z.literal('done'), result: remoteTestResult }),
        ]),
      ),
    ),
};
