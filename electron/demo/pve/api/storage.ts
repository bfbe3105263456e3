import { type Caller } from '../access/permissions';
import { died, parameterError, permissionError } from '../errors';
import { type Call, need, type Route, Unordered } from '../http/route';
import { storageUsed } from '../load/storage-load';
import { bootDisk } from '../model/files';
import type { Guest, Storage, StoredFile } from '../model/types';
import type { PveSite } from '../site';
import { statsMoment } from './rows';

const optional = { optional: true } as const;
const READ = ['Datastore.Audit', 'Datastore.AllocateSpace'];
const seen = need('/storage/{storage}', ...READ);

/** Storages: defined ones, a node's view of them, and what lies on them. */
export const storageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/storage',
    params: { type: optional },
    handle: ({ site, caller, params }) =>
      new Unordered(
        [...site.cluster.storages.values()]
          .filter((storage) => visible(site, caller, storage))
          .filter((storage) => params.type === undefined || storage.type === params.type)
          .map(definition),
      ),
  },
  {
    method: 'GET',
    path: '/storage/{storage}',
    permit: need('/storage/{storage}', 'Datastore.Allocate', 'Datastore.Audit'),
    handle: ({ site, path }) => definition(site.cluster.storage(path.storage ?? '')),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage',
    params: {
      content: optional,
      enabled: { type: 'boolean', optional: true },
      format: { type: 'boolean', optional: true },
      storage: optional,
      target: optional,
    },
    handle: listOnNode,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}',
    permit: seen,
    handle: () =>
      new Unordered(['status', 'content', 'rrddata', 'upload'].map((subdir) => ({ subdir }))),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/status',
    permit: seen,
    handle: (call) => {
      const { storage: _id, used_fraction: _share, ...rest } = usage(call, storageOf(call));
      return rest;
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    params: { content: optional, vmid: { type: 'integer', optional: true } },
    permit: knownAndSeen,
    handle: content,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content/{volume}',
    permit: seen,
    handle: (call) => {
      const row = volumes(call).find((volume) => volume.volid === call.path.volume);
      if (row === undefined) throw died(`volume '${call.path.volume}' does not exist`);
      return {
        path: `/var/lib/vz/${row.volid.split(':')[1]}`,
        size: row.size,
        used: row.used ?? row.size,
        format: row.format,
      };
    },
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/storage/{storage}/content/{volume}',
    params: { delay: { type: 'integer', optional: true, minimum: 1, maximum: 30 } },
    permit: need('/storage/{storage}', 'Datastore.Allocate', 'Datastore.AllocateTemplate'),
    handle: removeVolume,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/upload',
    params: {
      content: { enum: ['iso', 'vztmpl', 'import'] },
      filename: optional,
      checksum: optional,
      'checksum-algorithm': optional,
      tmpfilename: optional,
    },
    permit: need('/storage/{storage}', 'Datastore.AllocateTemplate'),
    handle: upload,
  },
];

function visible(site: PveSite, caller: Caller, storage: Storage): boolean {
  return site.permissions.has(caller, `/storage/${storage.id}`, ...READ);
}

function knownAndSeen(call: Call): void {
  // The storage is looked up before anybody asks who may see it.
  call.site.cluster.storage(call.path.storage ?? '');
  seen(call);
}

function storageOf({ site, path }: Call): Storage {
  const storage = site.cluster.storage(path.storage ?? '');
  if (storage.nodes?.includes(path.node ?? '') === false) {
    throw died(`storage '${storage.id}' is not available on node '${path.node}'`);
  }
  return storage;
}

function definition(storage: Storage): Record<string, unknown> {
  return {
    storage: storage.id,
    type: storage.type,
    content: storage.content.join(','),
    digest: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    ...(storage.shared ? { shared: 1 } : {}),
    ...(storage.path === undefined ? {} : { path: storage.path }),
    ...(storage.server === undefined ? {} : { server: storage.server }),
    ...(storage.nodes === undefined ? {} : { nodes: storage.nodes.join(',') }),
    ...(storage.content.includes('backup') ? { 'prune-backups': 'keep-all=1' } : {}),
  };
}

function usage({ site, path, nowMs }: Call, storage: Storage): Record<string, unknown> {
  const used = storageUsed(storage, site.cluster.node(path.node ?? ''), statsMoment(nowMs));
  return {
    storage: storage.id,
    type: storage.type,
    content: storage.content.join(','),
    active: 1,
    enabled: storage.enabled ? 1 : 0,
    shared: storage.shared ? 1 : 0,
    total: storage.totalBytes,
    used,
    avail: storage.totalBytes - used,
    used_fraction: used / storage.totalBytes,
  };
}

function listOnNode(call: Call): Unordered {
  const { site, caller, path, params } = call;
  const wanted = params.content?.split(/[,;]/);
  return new Unordered(
    site.cluster
      .storagesOn(path.node ?? '')
      .filter((storage) => visible(site, caller, storage))
      .filter((storage) => params.storage === undefined || storage.id === params.storage)
      .filter(
        (storage) => wanted === undefined || wanted.some((one) => storage.content.includes(one)),
      )
      .map((storage) => usage(call, storage)),
  );
}

type Volume = { volid: string; size: number; format: string } & Record<string, unknown>;

function content(call: Call): Unordered {
  const { content: kind, vmid } = call.params;
  return new Unordered(
    volumes(call)
      .filter((row) => kind === undefined || row.content === kind)
      .filter((row) => vmid === undefined || row.vmid === Number(vmid)),
  );
}

function volumes(call: Call): Volume[] {
  const storage = storageOf(call);
  const { cluster } = call.site;
  const disks = [...cluster.guests.values()].filter(
    (guest) => guest.storage === storage.id && (storage.shared || guest.node === call.path.node),
  );
  const files = cluster.files.filter(
    (file) =>
      file.storage === storage.id && (file.node === undefined || file.node === call.path.node),
  );
  return [...disks.map((guest) => diskVolume(guest, storage)), ...files.map(fileVolume)];
}

function diskVolume(guest: Guest, storage: Storage): Volume {
  const folder = storage.type === 'dir' || storage.type === 'nfs';
  return {
    volid: bootDisk(guest, storage),
    content: guest.kind === 'qemu' ? 'images' : 'rootdir',
    format: folder && guest.kind === 'qemu' ? 'qcow2' : 'raw',
    size: guest.diskBytes,
    ...(folder ? { used: Math.floor(guest.diskBytes * 0.4), parent: null } : {}),
    ctime: Math.floor(guest.createdMs / 1000),
    vmid: guest.vmid,
  };
}

function fileVolume(file: StoredFile): Volume {
  return {
    volid: file.volid,
    content: file.content,
    format: file.format,
    size: file.bytes,
    ctime: Math.floor(file.createdMs / 1000),
    ...(file.vmid === undefined ? {} : { vmid: file.vmid }),
    ...(file.notes === undefined ? {} : { notes: file.notes }),
  };
}

function removeVolume(call: Call): string {
  const { site, path, nowMs, caller } = call;
  const storage = storageOf(call);
  const volid = path.volume?.includes(':') === true ? path.volume : `${storage.id}:${path.volume}`;
  return site.tasks.start(
    {
      type: 'imgdel',
      id: storage.id,
      node: path.node ?? '',
      user: caller.userid,
      ...(caller.tokenid === undefined ? {} : { tokenid: caller.tokenid }),
      durationMs: 400 * site.taskPace,
      steps: [{ at: 0.9, text: `Removed volume '${volid}'` }],
      finish: () => {
        site.cluster.files = site.cluster.files.filter((file) => file.volid !== volid);
        site.cluster.touch();
      },
    },
    nowMs,
  ).upid;
}

function upload(call: Call): string {
  const { site, path, params, nowMs, caller } = call;
  const storage = storageOf(call);
  const kind = params.content ?? 'iso';
  if (!storage.content.includes(kind)) {
    throw died(
      `can't upload to storage type '${storage.type}', content type '${kind}' is not available on storage '${storage.id}'`,
    );
  }
  if (call.upload === undefined) throw parameterError({ tmpfilename: 'missing file upload' });
  const name = params.filename ?? call.upload.filename;
  if (!/^[\w.-]+\.(iso|img|tar\.(gz|xz|zst)|qcow2|vmdk|ova)$/i.test(name)) {
    throw parameterError({ filename: 'wrong file extension' });
  }
  if (storage.shared && !site.cluster.quorate) throw permissionError();
  const file: StoredFile = {
    storage: storage.id,
    ...(storage.shared ? {} : { node: path.node ?? '' }),
    volid: `${storage.id}:${kind}/${name}`,
    content: kind === 'vztmpl' ? 'vztmpl' : kind === 'import' ? 'import' : 'iso',
    format: kind === 'iso' ? 'iso' : 'tzst',
    bytes: call.upload.bytes,
    createdMs: nowMs,
  };
  return site.tasks.start(
    {
      type: 'imgcopy',
      id: '',
      node: path.node ?? '',
      user: caller.userid,
      ...(caller.tokenid === undefined ? {} : { tokenid: caller.tokenid }),
      durationMs: 600 * site.taskPace,
      steps: [
        `starting file import from: /var/tmp/pveupload-${nowMs.toString(16)}`,
        `target node: ${path.node}`,
        `target file: /var/lib/vz/template/${kind}/${name}`,
        `file size is: ${file.bytes}`,
        'command: cp',
        'finished file import successfully',
      ].map((text, index) => ({ at: index / 6, text })),
      finish: () => {
        const others = site.cluster.files.filter((one) => one.volid !== file.volid);
        site.cluster.files = [...others, file];
        site.cluster.touch();
      },
    },
    nowMs,
  ).upid;
}
