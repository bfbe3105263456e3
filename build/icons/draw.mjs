// Draws every icon file from the two SVG sources beside it; run by hand after a change of those:
// `npx node build/icons/draw.mjs`. Needs an installed Chromium, named by CHROMIUM if it is elsewhere.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const here = import.meta.dirname;
const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
/** the sizes an .ico carries, and an .icns by its four-letter types (second of a size is for 2x) */
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
const ICNS_TYPES = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});

async function draw(source, size) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const svg = Buffer.from(readFileSync(join(here, source))).toString('base64');
  await page.setContent(
    `<body style="margin:0"><img src="data:image/svg+xml;base64,${svg}" width="${size}" height="${size}">`,
  );
  await page.locator('img').evaluate((image) => image.decode());
  const png = await page.screenshot({ omitBackground: true });
  await page.close();
  return png;
}

/** Windows: a directory of pictures, then the pictures; 256 is written as 0. */
function ico(pictures) {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  for (const [index, { size, png }] of pictures.entries()) {
    const entry = 6 + 16 * index;
    header.writeUInt8(size % 256, entry);
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4);
    header.writeUInt16LE(32, entry + 6);
    header.writeUInt32LE(png.length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  }
  return Buffer.concat([header, ...pictures.map(({ png }) => png)]);
}

/** macOS: type, length and picture, one after another. */
function icns(pictures) {
  const chunks = pictures.map(({ type, png }) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const body = Buffer.concat(chunks);
  const head = Buffer.alloc(8);
  head.write('icns', 'latin1');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

const drawn = new Map();
for (const size of SIZES) drawn.set(size, await draw('clusterdeck.svg', size));
for (const [size, png] of drawn) writeFileSync(join(here, `${size}x${size}.png`), png);
const pictureOf = (size) => ({ size, png: drawn.get(size) });
writeFileSync(join(here, 'icon.ico'), ico(ICO_SIZES.map(pictureOf)));
writeFileSync(
  join(here, 'icon.icns'),
  icns(ICNS_TYPES.map(([type, size]) => ({ type, ...pictureOf(size) }))),
);
writeFileSync(join(here, 'tray.png'), await draw('tray.svg', 32));
writeFileSync(join(here, 'tray@2x.png'), await draw('tray.svg', 64));
await browser.close();
