import type { GuestKind, LoadProfile } from './types';

/** A kind of guest a lab has: how it is called, how big it is, how it behaves. */
export interface GuestRole {
  name: string;
  kind: GuestKind;
  /** How often it occurs among the others. */
  weight: number;
  tags: readonly string[];
  cores: readonly number[];
  memGiB: readonly number[];
  diskGiB: readonly number[];
  /** Probability that it is up. */
  up: number;
  profile: LoadProfile;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The guests of a teaching and research lab. */
export const GUEST_ROLES: readonly GuestRole[] = [
  {
    name: 'exam-ws',
    kind: 'qemu',
    weight: 20,
    tags: ['exam', 'windows'],
    cores: [2, 4],
    memGiB: [4, 8],
    diskGiB: [64],
    up: 0.72,
    profile: shape(0.03, 0.26, 0.6, 0.55, 60 * KIB, 24 * KIB, 90 * KIB, 60 * KIB),
  },
  {
    name: 'course-linux',
    kind: 'qemu',
    weight: 22,
    tags: ['course', 'linux'],
    cores: [2],
    memGiB: [2, 4],
    diskGiB: [32],
    up: 0.6,
    profile: shape(0.01, 0.2, 0.8, 0.42, 30 * KIB, 12 * KIB, 40 * KIB, 30 * KIB),
  },
  {
    name: 'db',
    kind: 'qemu',
    weight: 5,
    tags: ['prod', 'database'],
    cores: [4, 8],
    memGiB: [16, 32],
    diskGiB: [128, 256],
    up: 1,
    profile: shape(0.12, 0.3, 0.4, 0.78, 600 * KIB, 900 * KIB, 4 * MIB, 3 * MIB),
  },
  {
    name: 'gitlab-runner',
    kind: 'qemu',
    weight: 4,
    tags: ['ci'],
    cores: [4, 8],
    memGiB: [8, 16],
    diskGiB: [80],
    up: 0.95,
    profile: shape(0.02, 0.5, 1, 0.5, 900 * KIB, 250 * KIB, 800 * KIB, 2 * MIB),
  },
  {
    name: 'jupyter',
    kind: 'qemu',
    weight: 4,
    tags: ['course', 'python'],
    cores: [8],
    memGiB: [16],
    diskGiB: [100],
    up: 0.9,
    profile: shape(0.05, 0.45, 0.9, 0.6, 200 * KIB, 300 * KIB, 200 * KIB, 250 * KIB),
  },
  {
    name: 'web',
    kind: 'lxc',
    weight: 14,
    tags: ['prod', 'web'],
    cores: [1, 2],
    memGiB: [1, 2],
    diskGiB: [8, 16],
    up: 0.97,
    profile: shape(0.02, 0.14, 0.5, 0.48, 180 * KIB, 700 * KIB, 20 * KIB, 40 * KIB),
  },
  {
    name: 'dns',
    kind: 'lxc',
    weight: 4,
    tags: ['infra'],
    cores: [1],
    memGiB: [0.5],
    diskGiB: [4],
    up: 1,
    profile: shape(0.01, 0.04, 0.2, 0.35, 40 * KIB, 44 * KIB, 2 * KIB, 4 * KIB),
  },
  {
    name: 'cache',
    kind: 'lxc',
    weight: 6,
    tags: ['infra', 'web'],
    cores: [2],
    memGiB: [2, 4],
    diskGiB: [32],
    up: 0.95,
    profile: shape(0.03, 0.16, 0.5, 0.7, 2 * MIB, 3 * MIB, 100 * KIB, 600 * KIB),
  },
  {
    name: 'student',
    kind: 'lxc',
    weight: 16,
    tags: ['course'],
    cores: [1],
    memGiB: [0.5, 1],
    diskGiB: [8],
    up: 0.5,
    profile: shape(0.005, 0.1, 0.9, 0.3, 10 * KIB, 6 * KIB, 8 * KIB, 10 * KIB),
  },
];

/** Templates every lab keeps. */
export const TEMPLATES: readonly { name: string; kind: GuestKind; diskGiB: number }[] = [
  { name: 'tpl-debian-13', kind: 'qemu', diskGiB: 16 },
  { name: 'tpl-windows-11-exam', kind: 'qemu', diskGiB: 64 },
  { name: 'tpl-ubuntu-24.04', kind: 'qemu', diskGiB: 20 },
  { name: 'tpl-debian-13-ct', kind: 'lxc', diskGiB: 4 },
];

function shape(
  cpuBase: number,
  cpuDay: number,
  burst: number,
  memFraction: number,
  netInRate: number,
  netOutRate: number,
  diskReadRate: number,
  diskWriteRate: number,
): LoadProfile {
  return {
    cpuBase,
    cpuDay,
    burst,
    memFraction,
    netInRate,
    netOutRate,
    diskReadRate,
    diskWriteRate,
  };
}
