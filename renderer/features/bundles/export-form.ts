import type { Client } from '#shared/contract/index';

export interface ExportForm {
  /** null: all clusters */
  clusters: ReadonlySet<string> | null;
  withSecrets: boolean;
  protection: 'passphrase' | 'recipients';
  passphrase: string;
  again: string;
  /** age recipients, one a line or separated by blanks */
  recipients: string;
}

export const NEW_EXPORT: ExportForm = {
  clusters: null,
  withSecrets: false,
  protection: 'passphrase',
  passphrase: '',
  again: '',
  recipients: '',
};

export const SHORTEST_PASSPHRASE = 10;
const RECIPIENT = /^age1[a-z0-9]{50,120}$/;

export function recipientsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

/** What is wrong with the recipients; undefined where nothing is, or nothing was typed yet. */
export function recipientsError(text: string): string | undefined {
  const wrong = recipientsOf(text).find((recipient) => !RECIPIENT.test(recipient));
  if (wrong === undefined) return undefined;
  const shown = wrong.length > 20 ? `${wrong.slice(0, 20)}…` : wrong;
  return wrong.startsWith('AGE-SECRET-KEY-')
    ? 'This is a secret identity. Ask for the recipient that belongs to it: it begins with age1.'
    : `${shown} is no age recipient: those begin with age1.`;
}

type ExportInput = Parameters<Client['bundles']['export']>[0];

/** What the core is asked for; null while the form is not complete. */
export function exportInput(form: ExportForm): ExportInput | null {
  const { clusters, withSecrets, protection, passphrase, again } = form;
  if (clusters?.size === 0) return null;
  const whom = { withSecrets, ...(clusters && { clusters: [...clusters] }) };
  if (protection === 'passphrase') {
    const fits = passphrase.length >= SHORTEST_PASSPHRASE && passphrase === again;
    return fits ? { ...whom, passphrase } : null;
  }
  const recipients = recipientsOf(form.recipients);
  if (recipients.length === 0 || recipientsError(form.recipients) !== undefined) return null;
  return { ...whom, recipients };
}
