import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '#shared/contract/errors';
import { systemClock } from '../host/clock';
import { writeWhole } from '../host/files';
import {
  newEnrolmentText,
  parseEnrolment,
  readEnrolment,
  readEnrolmentText,
} from '../identity/enrolment';
import { type CommandContext, loadConfig } from './context';

export interface EnrolOptions {
  create?: string;
  region?: string;
  datacenter?: string;
  founder?: string;
  seed: string[];
  out?: string;
  file?: string;
  replace?: boolean;
}

/** `node-agent enrol`: makes an enrolment file or installs one; it never prints the key. */
export function enrol(options: EnrolOptions, context: CommandContext): Promise<0> {
  const { create, file } = options;
  if (create !== undefined && file === undefined) return makeNew(create, options, context);
  if (file !== undefined && create === undefined) return install(file, options, context);
  throw fail('INVALID_INPUT', { remedy: 'Name either --create NAME or --file FILE.' });
}

async function makeNew(name: string, options: EnrolOptions, { out }: CommandContext): Promise<0> {
  const { region, datacenter, founder, seed } = options;
  const path = resolve(options.out ?? `${name}-enrolment.yaml`);
  if (existsSync(path)) {
    const remedy = 'Name another file with --out: an enrolment file is never overwritten.';
    throw fail('INVALID_INPUT', { remedy, path }, `${path} exists already.`);
  }
  const text = newEnrolmentText(
    {
      name,
      seeds: seed,
      ...(region !== undefined && { region }),
      ...(datacenter !== undefined && { datacenter }),
      ...(founder !== undefined && { founder }),
    },
    systemClock.now(),
  );
  await writeWhole(path, text);
  const { uuid } = parseEnrolment(text, path).cluster;
  out.result({ ok: true, file: path, uuid }, () => `${path} is the enrolment file of ${name}.`);
  out.note(
    'Whoever has this file can join. Copy it to each node and run "node-agent enrol --file".',
  );
  if (founder === undefined) {
    out.note('It names no founder (--founder NODE): until one does, no node founds the cluster.');
  }
  return 0;
}

async function install(file: string, options: EnrolOptions, context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const target = config.cluster.enrolment;
  const text = await readEnrolmentText(resolve(file));
  const { cluster } = parseEnrolment(text, file);
  if (existsSync(target) && options.replace !== true) {
    const installed = await readEnrolment(target).catch(() => null);
    if (installed?.cluster.uuid !== cluster.uuid) {
      throw fail(
        'INVALID_INPUT',
        {
          remedy: 'Say --replace if this node shall leave that cluster for the new one.',
          path: target,
        },
        installed === null
          ? `${target} is there already and cannot be read.`
          : `This node is enrolled in ${installed.cluster.name} (${installed.cluster.uuid}).`,
      );
    }
  }
  await writeWhole(target, text);
  context.out.result(
    { ok: true, file: target, uuid: cluster.uuid, name: cluster.name },
    () => `This node is enrolled in ${cluster.name}. Start or restart the agent.`,
  );
  return 0;
}
