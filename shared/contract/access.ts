import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, nothing } from './base';

export const accessStatus = z.object({
  /** nothing can be changed in this app until it is switched off */
  viewer: z.boolean(),
  /** the app is locked: decrypted secrets are gone from memory, nothing is shown */
  locked: z.boolean(),
  hasLock: z.boolean(),
  /** minutes without input after which it locks; 0: never */
  idleMinutes: z.number().int().min(0).max(240),
});
export type AccessStatus = z.infer<typeof accessStatus>;

export const access = {
  status: base.output(accessStatus),
  /** what holds now, and each change of it; the one stream that goes on while the app is locked */
  watch: base.output(eventIterator(accessStatus)),
  /** leaving viewer mode needs the lock's passphrase where one is set */
  setViewer: base
    .input(z.strictObject({ viewer: z.boolean(), passphrase: z.string().max(1024).optional() }))
    .output(accessStatus),
  /** sets, changes (with `current`) or removes (`passphrase: null`) the app lock */
  setLock: base
    .input(
      z.strictObject({
        passphrase: z.string().min(8, 'At least 8 characters.').max(1024).nullable(),
        current: z.string().max(1024).optional(),
        idleMinutes: z.number().int().min(0).max(240).default(0),
      }),
    )
    .output(accessStatus),
  /** drops what is decrypted and closes the connections; needs a lock to be set */
  lock: base.output(accessStatus),
  unlock: base.input(z.strictObject({ passphrase: z.string().max(1024) })).output(accessStatus),
  /** somebody is at a window: the time until it locks by itself starts anew */
  activity: base.output(nothing),
};
