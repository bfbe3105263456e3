import { type Failure, fail } from '#shared/contract/errors';
import { MAX_ENTRIES } from './candidate';

export const damaged = (why: string): Failure =>
  fail('FILE_DAMAGED', {
    remedy: `${why} Get another copy of the file. Nothing was imported.`,
  });

export const unknownFile = (why: string): Failure =>
  fail('FILE_UNKNOWN', {
    remedy: `${why} Choose a .cdeck bundle, a clusters.json or the portal's database.`,
  });

export const tooMany = (): Failure =>
  fail('FILE_UNKNOWN', {
    remedy: `It lists more than ${MAX_ENTRIES} clusters. Split it into several files.`,
  });
