import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { min-height: 100vh; margin: 0; display: grid; place-items: center;
  background: light-dark(#f5f6f8, #0d1015); color: light-dark(#161b23, #e7ebf1) }
main { max-width: 30rem; padding: 2rem }
h1 { font-size: 1.25rem; margin: 0 0 .5rem }
p { margin: 0; color: light-dark(#566273, #94a0b0) }
`;

/** How a policy names the one style of these pages, which stands inline in them. */
export const PAGE_STYLE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

const page = (title: string, text: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Clusterdeck</title>
<style>${STYLE}</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;

/** Plain pages, which need no session and tell nothing about the store. */
export const PAGES = {
  waiting: page('Opening Clusterdeck', 'One moment.'),
  noSession: page(
    'This page has no session',
    'Clusterdeck opens for the window or the one-time link of its present run only. ' +
      'Start it again: it opens a new window or prints a new link.',
  ),
  badLink: page(
    'This link works no more',
    'A link opens Clusterdeck once and within an hour. ' +
      'Start Clusterdeck again: it opens a new window or prints a new link.',
  ),
  wrongHost: page('Wrong address', 'Use the link as Clusterdeck printed it.'),
  notFound: page('Not found', 'There is nothing at this address.'),
  notBuilt: page(
    'The screens are not built',
    'Run "npm run build" in the project folder, then load this page again.',
  ),
} as const;
