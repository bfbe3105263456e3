import { describe, expect, it } from 'vitest';
import type { TestEvent, TestStage } from '#shared/contract/connection';
import { IDLE, testAfter } from '../../../renderer/features/connection/test-state';

const stage = (name: TestStage['name'], state: TestStage['state']): TestStage => ({
  name,
  state,
  ms: 1,
});
const told = (endpoint: string, of: TestStage): TestEvent => ({
  type: 'stage',
  endpoint,
  stage: of,
});

describe('a connection test as its events arrive', () => {
  it('replaces a running stage by its end, in place', () => {
    const test = [
      told('a:8006', stage('tcp', 'running')),
      told('a:8006', stage('tcp', 'passed')),
      told('a:8006', stage('tls', 'running')),
    ].reduce(testAfter, IDLE);
    expect(test.stages.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'tcp passed',
      'tls running',
    ]);
  });

  it('starts the stages anew with the next endpoint', () => {
    const test = [
      told('a:8006', stage('tcp', 'failed')),
      told('b:8006', stage('name resolution', 'passed')),
    ].reduce(testAfter, IDLE);
    expect(test.endpoint).toBe('b:8006');
    expect(test.stages).toHaveLength(1);
  });

  it('shows at the end what the result says', () => {
    const stages = [stage('tcp', 'passed')];
    const result = {
      ok: true,
      message: 'Good.',
      version: '9.2',
      nodes: 1,
      nodeNames: ['a'],
      endpoint: 'a:8006',
      stages,
    };
    expect(testAfter(IDLE, { type: 'done', result })).toMatchObject({
      phase: 'done',
      endpoint: 'a:8006',
      stages,
      result,
    });
  });
});
