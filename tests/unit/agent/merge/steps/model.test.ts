import { expect, it } from 'vitest';
import { isOver } from '#shared/contract/agent/operations';
import { FAULTS } from '../../operations/line';
import type { Story } from '../../operations/stage';
import { expectJobs, expectWhole, stageMerge, twoJobs } from './play';

const PATIENCE_MS = 180_000;
const SMALL = { names: ['b2', 'b1'] };

async function play(story: Story) {
  const stage = await stageMerge({ mend: 'retry', ...story }, twoJobs, SMALL);
  const end = await stage.play();
  return { stage, end };
}

it('count', async () => {
  const { stage } = await play({});
  console.log(stage.moments);
  const at = performance.now();
  await play({});
  console.log(performance.now() - at);
});

it(
  'whatever goes wrong at each single moment: it ends whole',
  async () => {
    const { stage: calm } = await play({});
    const ends: Record<string, number> = {};
    for (let moment = 0; moment < calm.moments; moment += 1) {
      const fault = FAULTS[moment % FAULTS.length] ?? 'cut';
      const at = performance.now();
      const { stage, end } = await play({ faults: { [`0.${moment}`]: fault } });
      try {
        expect(isOver(end)).toBe(true);
        expectWhole(stage, end);
        expectJobs(stage);
      } catch (error) {
        console.log(
          moment,
          fault,
          end.state,
          end.reason,
          end.steps.map(({ id, state, error }) => `${id} ${state} ${error}`),
        );
        throw error;
      }
      process.stderr.write(
        `${moment} ${fault} ${end.state} ${Math.round(performance.now() - at)} ${stage.moments}\n`,
      );
      ends[end.state] = (ends[end.state] ?? 0) + 1;
    }
    console.log(ends);
  },
  PATIENCE_MS,
);
