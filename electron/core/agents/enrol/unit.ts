/** As the agent's package names it. */
export const UNIT_NAME = 'clusterdeck-node-agent.service';

/** The systemd unit, the same as in the agent's package. */
export function unitText(): string {
  return '';
}
