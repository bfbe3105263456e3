import { z } from 'zod';
import { drainRequest, jobAction } from './agent/actions';
import { nodeName } from './agent/enrolment';
import { base, uuid } from './base';
import { endpointSchema, secretInput } from './clusters';
import { operation } from './operations';

const places = (pattern: RegExp) =>
  z
    .array(z.strictObject({ uuid, id: z.string().regex(pattern) }))
    .min(1)
    .max(500);
/** `node/a1` */
const nodePlaces = places(/^node\/[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
/** `job/1042`, of an array `job/1042_3` or `job/1042_[4-9]` */
const jobPlaces = places(/^job\/\d{1,10}([_+][0-9[\],%:x-]{1,200})?$/);
/** the cluster_id; needed where a protected cluster can lose work */
const confirm = z.string().optional();

/** One line of text that ends up in a file: no control characters. */
const label = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `At most ${max} characters.`)
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, 'Letters, digits, spaces, dots and hyphens.');

/** The names an enrolment file gives a cluster. */
const names = {
  name: nodeName,
  region: z.union([z.literal(''), label(50)]).default(''),
  datacenter: z.union([z.literal(''), label(50)]).default(''),
};

/** A small file that holds a secret: several lines are allowed. */
const secretText = z
  .string()
  .min(1, 'Paste the enrolment file.')
  .max(16_384, 'An enrolment file has at most 16 KB.')
  .refine((text) => !text.includes('\0'), 'This is no text.');

/** Which cluster the new nodes are to belong to. */
export const enrolCluster = z.discriminatedUnion('source', [
  /** makes a uuid and a key; the founder is the one node that may begin the cluster */
  z.strictObject({ source: z.literal('new'), ...names, founder: nodeName }),
  /** the text of the enrolment file of one of its nodes; the key in it is written and forgotten */
  z.strictObject({ source: z.literal('file'), text: secretText }),
  /** a cluster on this deck, whose key (base64) is typed; it is written and forgotten */
  z.strictObject({ source: z.literal('deck'), uuid, key: secretInput.min(1, 'Enter the key.') }),
]);
export type EnrolCluster = z.input<typeof enrolCluster>;

export const enrolRequest = z.strictObject({
  cluster: enrolCluster,
  /** where the files go, an absolute path on the machine this program runs on; made if not there */
  folder: z.string().trim().min(1, 'Name a folder.').max(1000),
  /** where gossip of present or coming members is heard; port 7946 unless it is named */
  seeds: z
    .array(z.strictObject({ host: endpointSchema.shape.host, port: endpointSchema.shape.port }))
    .max(32)
    .default([]),
  /** what the new nodes are to be */
  roles: z
    .strictObject({
      slurmController: z.boolean(),
      slurmWorker: z.boolean(),
      k3sServer: z.boolean(),
      k3sAgent: z.boolean(),
    })
    .default({ slurmController: true, slurmWorker: true, k3sServer: false, k3sAgent: false }),
  /** find peers over tailscale, and wait for it at start */
  tailscale: z.boolean().default(false),
  /** https address of the agent's .deb, for cloud-init; null: it is part of the image */
  packageUrl: z
    .url({ protocol: /^https$/, error: 'An address that begins with https://.' })
    .nullable()
    .default(null),
  /** files of these names that are there already are replaced */
  overwrite: z.boolean().default(false),
});
export type EnrolRequest = z.output<typeof enrolRequest>;
export type EnrolRequestInput = z.input<typeof enrolRequest>;

export const enrolFile = z.object({
  name: z.string(),
  /** absolute */
  path: z.string(),
  /** whether it holds the cluster key */
  secret: z.boolean(),
  /** what it is for and where it goes, in a sentence */
  purpose: z.string(),
});

export const enrolResult = z.object({
  folder: z.string(),
  cluster: z.object({ uuid, name: z.string(), isNew: z.boolean() }),
  files: z.array(enrolFile),
  /** what to do next, one sentence each */
  next: z.array(z.string()),
});
export type EnrolResult = z.infer<typeof enrolResult>;

export const agents = {
  /**
   * Drains or resumes nodes, holds, releases or cancels jobs: each is sent once, and the operation
   * tells each one's end as it was read back. Needs a token with the role operator.
   */
  act: base
    .input(
      z.discriminatedUnion('action', [
        z.strictObject({
          action: z.literal('drain'),
          items: nodePlaces,
          reason: drainRequest.shape.reason,
          confirm,
        }),
        z.strictObject({ action: z.literal('resume'), items: nodePlaces }),
        z.strictObject({ action: jobAction, items: jobPlaces, confirm }),
      ]),
    )
    .output(operation),
  /** what a form begins with; with the uuid of a ClusterOS cluster its names and seeds */
  enrolDefaults: base.input(z.strictObject({ uuid: uuid.optional() })).output(
    z.object({
      folder: z.string(),
      name: z.string(),
      region: z.string(),
      datacenter: z.string(),
      seeds: enrolRequest.shape.seeds.unwrap(),
    }),
  ),
  /** writes what new nodes need to a folder; the key is neither stored nor logged */
  enrol: base.input(enrolRequest).output(enrolResult),
};
