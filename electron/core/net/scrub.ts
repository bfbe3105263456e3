/**
 * Takes the given secrets out of a text, raw and as they stand in a form body: a hostile or
 * broken server may echo what it was sent.
 */
export function scrubber(secrets: string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [secret, encodeURIComponent(secret)]);
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, '[hidden]'), text);
}
