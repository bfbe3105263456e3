import type { Command } from 'commander';
import type { Paths } from '#electron/core/ports';
import type { CliIo } from '../io';
import type { Output } from '../output';
import type { CliProgram, Session } from '../session';

/** What one run of a command works with. */
export interface CommandContext {
  io: CliIo;
  out: Output;
  program: CliProgram;
  /** what --data or CLUSTERDECK_DATA names */
  data: string | undefined;
  /** what --data alone names: a demo must not land in the folder of everyday work */
  dataOption: string | undefined;
  /** the data folder, made if it was not there */
  paths(): Paths;
  /** runs `work` with a session for as long as it takes */
  withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
}

/** The exit code: 0 done, 1 the operation failed. Wrong usage throws. */
export type ExitCode = 0 | 1;

/** Runs what a command line asked for, and tells what it throws. */
export type Perform = (
  command: Command,
  run: (context: CommandContext) => Promise<ExitCode>,
) => Promise<void>;
