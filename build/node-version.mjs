/** Every entry calls this first: better-sqlite3 crashes on older Nodes instead of saying why. */
export function requireNode() {
  if (Number(process.versions.napi) >= 10) return;
  process.stderr.write(
    `Clusterdeck needs Node 22.19 or newer; this is ${process.version}. ` +
      'Start it with "npm run ...", which brings its own Node on Linux, or install a newer Node.\n',
  );
  process.exit(2);
}
