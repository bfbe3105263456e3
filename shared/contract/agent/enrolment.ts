import { z } from 'zod';

/** A host name of one label. */
export const nodeName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'Use small letters, digits and "-", at most 63 of them: it is a host name.',
  );

export const hostPort = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/,
    'Write host:port, as 10.0.0.1:7946; an IPv6 address in brackets.',
  );

const label = z
  .string()
  .max(64)
  .refine((text) => !/\p{Cc}/u.test(text), 'Control characters are not allowed.');

/**
 * The enrolment file, YAML of mode 0600: which cluster, how to find it, and the proof of belonging
 * to it. Whoever has it can join.
 */
export const enrolmentFile = z.object({
  cluster: z.object({
    uuid: z.uuid(),
    name: nodeName,
    region: label.default(''),
    datacenter: label.default(''),
    /** ISO 8601, or unix seconds */
    created_at: z.union([z.iso.datetime({ offset: true }), z.number().int().positive()]),
    /** 32 random bytes in base64 */
    key: z.string(),
  }),
  /** where gossip is heard */
  seeds: z.array(hostPort).default([]),
  /** the only node that may found the cluster; without one it is there already */
  founder: nodeName.optional(),
});
export type EnrolmentFile = z.input<typeof enrolmentFile>;
