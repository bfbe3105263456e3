import { ACCOUNTS } from '#tests/lab/load/submitter';
import { TwoClusters } from '#tests/lab/merge/clusters';
import { MergeLoad } from '#tests/lab/merge/load';
import { type Merged, mergeBoth, partBoth } from '#tests/lab/merge/run';

const LONG_JOB_S = 90;
/** jobs of the cluster that is taken up, which end where they are */
const RUN_S = 20;
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' });
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/** Merges three hosts and two with jobs on both, takes it back, and says what happened line by line. */
export async function recordMerge(say: (line: string) => void): Promise<{ isClean: boolean }> {
  const clusters = await TwoClusters.start();
  const load = new MergeLoad(clusters);
  try {
    say('## lab-a takes up lab-b');
    load.staying.start();
    await load.staying.served(4);
    const long = await load.staying.submit(LONG_JOB_S, ['-w', 'a3']);
    const before = await load.seen('a1', long.id ?? '');
    const merged = await mergeBoth(clusters, load, RUN_S, async () => {
      await tellQueues(clusters, say);
      await tellAccounts(clusters, 'before', say);
    });
    tell(merged, say);
    const after = await load.seen('a1', long.id ?? '');
    const isExact = JSON.stringify(after) === JSON.stringify(before);
    say(`Job ${long.id} ran through it in lab-a: ${Object.values(after).join(' ')}`);
    await load.staying.served(4);
    await load.stop();
    await load.settled();
    await tellQueues(clusters, say);
    await tellAccounts(clusters, 'after', say);
    const tookMs = await partBoth(clusters, merged.answer.operation.id);
    say(`## Taken back in ${seconds(tookMs)}: both are whole by themselves`);
    await tellQueues(clusters, say);
    const { submitted, refused } = await load.audit();
    const wrong = await load.wrong();
    say(`${submitted} jobs, ${refused.length} submissions refused.`);
    say(wrong.length === 0 ? 'Each job ran exactly once.' : wrong.join('; '));
    return { isClean: wrong.length === 0 && isExact };
  } finally {
    await load.stop();
    await clusters.lab.down();
  }
}

function tell({ plan, answer, ...measured }: Merged, say: (line: string) => void): void {
  const { operation, log } = answer;
  say(`${plan.title}. ${plan.reason}`);
  for (const { id, title, started_at, ended_at, found } of operation.steps) {
    const took = started_at === null || ended_at === null ? '' : seconds(ended_at - started_at);
    say(`    ${id.padEnd(14)} ${took.padStart(9)}  ${title}${found ? ' (it was so already)' : ''}`);
  }
  say(
    `${operation.state} in ${seconds(measured.tookMs)}, ${seconds(measured.workMs)} without waiting ` +
      `for jobs; b2 away ${seconds(measured.awayMs)}; longest wait of a submission ${seconds(measured.gapMs)}.`,
  );
  say('Log:');
  for (const { at, node, step, text } of log) {
    say(`    ${CLOCK.format(at)} ${node.padEnd(3)} ${step.padEnd(14)} ${text}`);
  }
}

async function tellQueues(clusters: TwoClusters, say: (line: string) => void): Promise<void> {
  for (const name of ['a1', 'b1']) {
    const { stdout } = await clusters
      .host(name)
      .exec(['squeue', '-a', '-o', '%.9i %.24j %.9T %.6u %.12R %.60k']);
    say(`Queue as ${name} sees it:`);
    for (const line of stdout.trimEnd().split('\n')) say(`    ${line}`);
  }
}

async function tellAccounts(
  clusters: TwoClusters,
  when: string,
  say: (line: string) => void,
): Promise<void> {
  for (const name of ['a1', 'b1']) {
    say(`Accounting of lab-${name.slice(0, 1)} ${when}:`);
    const text = await clusters.host(name).must(['tail', '-n', '12', ACCOUNTS]);
    for (const line of text.trimEnd().split('\n')) say(`    ${line.trim()}`);
  }
}
