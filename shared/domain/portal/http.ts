/** A request to `/api/cluster-config` and its neighbours, whatever server took it. */
export interface PortalRequest {
  /** upper case */
  method: string;
  /** path and query as they were sent, `/login?next=%2Fportal` */
  target: string;
  /** media type without its parameters, in lower case; '' where none was named */
  contentType: string;
  body: string;
}

export interface PortalResponse {
  status: number;
  /** names in lower case */
  headers: Record<string, string>;
  body: string;
}

/** What is told depends on who asks, so no cache may hand it to another. */
const VARY = { vary: 'Cookie' };
const HTML = { 'content-type': 'text/html; charset=utf-8' };

export function json(
  status: number,
  document: object,
  headers: Record<string, string> = VARY,
): PortalResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: `${JSON.stringify(document)}\n`,
  };
}

export function refusal(status: number, error: string): PortalResponse {
  return json(status, { ok: false, error });
}

/** As a web framework words it, with the kind of the refusal beside the sentence. */
export function typedRefusal(
  status: number,
  type: string,
  error: string,
  headers: Record<string, string> = {},
): PortalResponse {
  return json(status, { ok: false, error, type }, { ...VARY, ...headers });
}

export function html(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): PortalResponse {
  return { status, headers: { ...HTML, ...VARY, ...headers }, body };
}

/** @param to a path of this server */
export function redirect(to: string, headers: Record<string, string> = {}): PortalResponse {
  const shown = escapeHtml(to);
  const body = page('Redirecting...', `<p>Go on to <a href="${shown}">${shown}</a>.</p>`);
  return html(302, body, { location: to, ...headers });
}

export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
</head>
<body>
<h1>${title}</h1>
${content}
</body>
</html>
`;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Path and query of a target; a field that stands twice counts the first time. */
export function splitTarget(target: string): { path: string; query: Map<string, string> } {
  const [whole = ''] = target.split('#', 1);
  const mark = whole.indexOf('?');
  if (mark < 0) return { path: whole, query: new Map() };
  return { path: whole.slice(0, mark), query: parseForm(whole.slice(mark + 1)) };
}

/** Reads `application/x-www-form-urlencoded`; a malformed escape stays as it stands. */
export function parseForm(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const pair of text.split('&')) {
    const mark = pair.indexOf('=');
    const name = decode(mark < 0 ? pair : pair.slice(0, mark));
    if (name !== '' && !fields.has(name))
      fields.set(name, mark < 0 ? '' : decode(pair.slice(mark + 1)));
  }
  return fields;
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
