/** The command was written wrongly: exit code 2, with the usage on standard error. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
