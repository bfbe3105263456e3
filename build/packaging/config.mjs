// What electron-builder makes of the built programs. Only what runs is packed: dist/, the native
// modules and the icons which the shell shows; sources, tests and Node itself stay out.

/** As the packaged binary must have them; the check after packaging reads them back. */
export const FUSES = {
  runAsNode: false,
  enableCookieEncryption: true,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
};

/** What each system installs; `dir` is made first and the others are made from it. */
export const TARGETS = {
  linux: ['tar.gz', 'deb', 'AppImage'],
  darwin: ['dmg'],
  win32: ['nsis'],
};

/** The prebuilt SQLite of one platform; the package carries all of them. */
const prebuild = (platform, arch) =>
  `node_modules/better-sqlite3/prebuilds/${platform}-${arch}.node`;

export function builderConfig({ platform, arch, output }) {
  return {
    appId: 'org.clusterdeck.Clusterdeck',
    productName: 'Clusterdeck',
    copyright: 'The Clusterdeck authors, GPL-3.0-or-later',
    directories: { output, buildResources: 'build/icons' },
    extraMetadata: {
      // for the package's own fields, where package.json has no use for them
      homepage: 'https://clusterdeck.invalid/',
      desktopName: 'clusterdeck.desktop',
    },
    files: [
      'package.json',
      'LICENSE',
      'dist/{node,preload,renderer}/**',
      '!dist/**/*.map',
      '!dist/node/{browser-host,cli,node-agent}.js',
      'build/icons/256x256.png',
      'build/icons/tray*.png',
      '!node_modules/node-linux-*{,/**}',
      '!node_modules/node-addon-api{,/**}',
      '!node_modules/better-sqlite3/{src,deps,prebuilds,binding.gyp}{,/**}',
      prebuild(platform, arch),
      '!node_modules/**/*.{md,ts,map}',
    ],
    fileAssociations: [
      {
        ext: 'cdeck',
        name: 'Clusterdeck bundle',
        description: 'Clusterdeck bundle',
        mimeType: 'application/x-clusterdeck-bundle',
        role: 'Viewer',
      },
    ],
    asar: true,
    asarUnpack: ['**/*.node'],
    electronFuses: FUSES,
    npmRebuild: false,
    publish: null,
    artifactName: '${name}-${version}-${os}-${arch}.${ext}',
    linux: {
      executableName: 'clusterdeck',
      icon: 'build/icons',
      category: 'System',
      synopsis: 'Desktop control centre for Proxmox VE, SLURM and k3s clusters',
      maintainer: 'The Clusterdeck authors <authors@clusterdeck.invalid>',
      desktop: {
        entry: {
          Name: 'Clusterdeck',
          Keywords: 'Proxmox;cluster;virtual machine;SLURM;k3s;',
          StartupWMClass: 'clusterdeck',
        },
      },
    },
    deb: { packageCategory: 'admin', priority: 'optional' },
    mac: { icon: 'build/icons/icon.icns', category: 'public.app-category.developer-tools' },
    win: { icon: 'build/icons/icon.ico' },
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  };
}
