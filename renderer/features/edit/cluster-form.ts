import { z } from 'zod';
import {
  type AuthKind,
  authKind,
  type Cluster,
  type ClusterChanges,
  type ClusterCreate,
  type ClusterKind,
  clusterCreate,
  clusterKind,
  DEFAULT_PORTS,
  type VerifyMode,
  verifyMode,
} from '#shared/contract/clusters';
import { type ConnectionDraft, connectionDraft } from '#shared/contract/connection';

export interface EndpointFields {
  /** tells rows apart while they are edited */
  key: string;
  host: string;
  port: string;
  pin: string;
}

/** What the form's controls hold: text as typed, '' for nothing chosen. */
export interface ClusterForm {
  kind: ClusterKind;
  clusterId: string;
  name: string;
  endpoints: readonly EndpointFields[];
  authKind: AuthKind;
  user: string;
  tokenId: string;
  secret: string;
  verify: VerifyMode;
  isActive: boolean;
  isDefault: boolean;
  allowVmDeployment: boolean;
  allowTemplateSync: boolean;
  allowIsoSync: boolean;
  autoShutdownEnabled: boolean;
  priority: string;
  defaultStorage: string;
  templateStorage: string;
  isoStorage: string;
  description: string;
  groupUuid: string;
  remoteUuid: string;
  protected: boolean;
  readOnly: boolean;
  colour: string | null;
}

/** What a draft keeps of a form: the fields that were touched, and never the secret. */
export const clusterDraft = z
  .object({
    kind: clusterKind,
    clusterId: z.string(),
    name: z.string(),
    endpoints: z
      .array(z.object({ key: z.string(), host: z.string(), port: z.string(), pin: z.string() }))
      .min(1),
    authKind,
    user: z.string(),
    tokenId: z.string(),
    verify: verifyMode,
    isActive: z.boolean(),
    isDefault: z.boolean(),
    allowVmDeployment: z.boolean(),
    allowTemplateSync: z.boolean(),
    allowIsoSync: z.boolean(),
    autoShutdownEnabled: z.boolean(),
    priority: z.string(),
    defaultStorage: z.string(),
    templateStorage: z.string(),
    isoStorage: z.string(),
    description: z.string(),
    groupUuid: z.string(),
    remoteUuid: z.string(),
    protected: z.boolean(),
    readOnly: z.boolean(),
    colour: z.string().nullable(),
  } satisfies Record<keyof Omit<ClusterForm, 'secret'>, z.ZodType>)
  .partial();
export type ClusterDraft = z.infer<typeof clusterDraft>;

/** The touched fields of a form, as a draft keeps them; null where none is. */
export function draftOf(form: ClusterForm, base: ClusterForm): ClusterDraft | null {
  const touched = Object.entries(form).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(base, field)),
  );
  const draft = clusterDraft.parse(Object.fromEntries(touched));
  return Object.keys(draft).length === 0 ? null : draft;
}

/** A form with a draft laid on top. */
export function withDraft(form: ClusterForm, draft: ClusterDraft | undefined): ClusterForm {
  const set = Object.entries(draft ?? {}).filter(([, value]) => value !== undefined);
  return { ...form, ...Object.fromEntries(set) };
}

/** A field's dotted path (`endpoints.0.host`) to what is wrong with it. */
export type FieldErrors = Readonly<Record<string, string>>;

/** An endpoint to be filled in, with the usual port. */
export const emptyEndpoint = (kind: ClusterKind): Omit<EndpointFields, 'key'> => ({
  host: '',
  port: String(DEFAULT_PORTS[kind]),
  pin: '',
});

/** The form for another kind of cluster: what only the former had is gone, ports change with it. */
export function ofKind(form: ClusterForm, kind: ClusterKind): Partial<ClusterForm> {
  const usual = String(DEFAULT_PORTS[form.kind]);
  return {
    kind,
    authKind: kind === 'clusteros' ? 'token' : NEW_CLUSTER.authKind,
    secret: '',
    endpoints: form.endpoints.map((endpoint) => ({
      ...endpoint,
      port: endpoint.port === usual ? String(DEFAULT_PORTS[kind]) : endpoint.port,
    })),
  };
}

export const NEW_CLUSTER: ClusterForm = {
  kind: 'proxmox',
  clusterId: '',
  name: '',
  endpoints: [{ key: 'first', ...emptyEndpoint('proxmox') }],
  authKind: 'password',
  user: 'root@pam',
  tokenId: '',
  secret: '',
  verify: 'pin',
  isActive: true,
  isDefault: false,
  allowVmDeployment: true,
  allowTemplateSync: true,
  allowIsoSync: true,
  autoShutdownEnabled: false,
  priority: '50',
  defaultStorage: '',
  templateStorage: '',
  isoStorage: '',
  description: '',
  groupUuid: '',
  remoteUuid: '',
  protected: false,
  readOnly: false,
  colour: null,
};

export function formOf(cluster: Cluster): ClusterForm {
  return {
    ...cluster,
    endpoints: cluster.endpoints.map(({ host, port, pin }, index) => ({
      key: `stored-${index}`,
      host,
      port: String(port),
      pin: pin ?? '',
    })),
    tokenId: cluster.tokenId ?? '',
    secret: '',
    priority: String(cluster.priority),
    defaultStorage: cluster.defaultStorage ?? '',
    templateStorage: cluster.templateStorage ?? '',
    isoStorage: cluster.isoStorage ?? '',
    groupUuid: cluster.groupUuid ?? '',
    remoteUuid: cluster.remoteUuid ?? '',
  };
}

const orNull = (text: string): string | null => (text.trim() === '' ? null : text);
/** Text that is no number stays text, so that the schema's own sentence is shown. */
const asNumber = (text: string): number | string =>
  /^\s*-?\d+\s*$/.test(text) ? Number(text) : text;

function connectionFields(form: ClusterForm) {
  const { kind } = form;
  return {
    kind,
    endpoints: form.endpoints.map(({ host, port, pin }) => ({
      host,
      port: asNumber(port),
      pin: orNull(pin),
    })),
    ...(kind === 'clusteros' ? TOKEN_ONLY : accountFields(form)),
    verify: form.verify,
    ...(form.secret !== '' && { secret: form.secret }),
  };
}

/** With agents the token alone says who asks. */
const TOKEN_ONLY = { authKind: 'token', user: '', tokenId: null } as const;

function accountFields(form: ClusterForm) {
  const tokenUser = form.tokenId.split('!')[0] ?? '';
  return {
    authKind: form.authKind,
    // a token belongs to the account that stands before its exclamation mark
    user: form.authKind === 'token' && tokenUser !== '' ? tokenUser : form.user,
    // with a password the token's id means nothing, however it is written
    tokenId: form.authKind === 'token' ? form.tokenId : null,
  };
}

type Parsed<Value> = { value: Value; errors: null } | { value: null; errors: FieldErrors };

function parsed<Value>(
  result: { success: true; data: Value } | { success: false; error: ZodLikeError },
): Parsed<Value> {
  if (result.success) return { value: result.data, errors: null };
  const errors: Record<string, string> = {};
  for (const issue of result.error.issues) errors[issue.path.join('.')] ??= issue.message;
  return { value: null, errors };
}
interface ZodLikeError {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}

/** The whole form against the contract's own schema. */
export function parseCluster(form: ClusterForm): Parsed<ClusterCreate> {
  const needsTokenId =
    form.kind === 'proxmox' && form.authKind === 'token' && form.tokenId.trim() === '';
  const result = parsed(
    clusterCreate.safeParse({
      clusterId: form.clusterId,
      name: form.name,
      ...connectionFields(form),
      isActive: form.isActive,
      isDefault: form.isDefault,
      allowVmDeployment: form.allowVmDeployment,
      allowTemplateSync: form.allowTemplateSync,
      allowIsoSync: form.allowIsoSync,
      autoShutdownEnabled: form.autoShutdownEnabled,
      priority: asNumber(form.priority),
      defaultStorage: orNull(form.defaultStorage),
      templateStorage: orNull(form.templateStorage),
      isoStorage: orNull(form.isoStorage),
      description: form.description,
      groupUuid: orNull(form.groupUuid),
      remoteUuid: orNull(form.remoteUuid),
      protected: form.protected,
      readOnly: form.readOnly,
      colour: form.colour,
    }),
  );
  if (!needsTokenId) return result;
  return { value: null, errors: { ...result.errors, tokenId: 'A token id, as deck@pve!desk.' } };
}

/** What a test needs, from a form that is not saved yet. */
export function parseDraft(form: ClusterForm, uuid?: string): Parsed<ConnectionDraft> {
  return parsed(
    connectionDraft.safeParse({ ...connectionFields(form), ...(uuid !== undefined && { uuid }) }),
  );
}

/** Only the fields that differ from what is stored; a typed secret always does. */
export function changesOf(stored: Cluster, wanted: ClusterCreate): ClusterChanges {
  const { secret, ...fields } = wanted;
  const changed = Object.entries(fields).filter(
    ([field, value]) =>
      field in stored && JSON.stringify(value) !== JSON.stringify(Reflect.get(stored, field)),
  );
  return {
    ...(Object.fromEntries(changed) satisfies ClusterChanges),
    ...(secret !== undefined && secret !== '' && { secret }),
  };
}
