import { ORPCError } from '@orpc/client';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../renderer/transport/failure';
import { NotConnected } from '../../../renderer/transport/wire';

describe('a failure in words', () => {
  it('takes title and remedy of a typed failure', () => {
    const error = new ORPCError('TLS_CHANGED', {
      defined: true,
      message: 'The certificate is not the pinned one.',
      data: { remedy: 'Compare both.', pinned: 'AA', offered: 'BB' },
    });
    expect(problemOf(error)).toMatchObject({
      title: 'The certificate is not the pinned one.',
      remedy: 'Compare both.',
      code: 'TLS_CHANGED',
      data: { pinned: 'AA', offered: 'BB' },
    });
  });

  it('reads refused input field by field', () => {
    const error = new ORPCError('BAD_REQUEST', {
      message: 'Input validation failed',
      data: { issues: [{ message: 'Too long.', path: ['changes', 'endpoints', 0, 'host'] }] },
    });
    expect(problemOf(error).data?.fields).toEqual({ 'changes.endpoints.0.host': 'Too long.' });
  });

  it('shows nothing of what nobody expected', () => {
    const problem = problemOf(new TypeError("Cannot read properties of undefined (reading 'x')"));
    expect(JSON.stringify(problem)).not.toContain('undefined');
    expect(problem.code).toBeNull();
  });

  it('says that nothing was sent where there was no connection', () => {
    expect(problemOf(new NotConnected()).remedy).toMatch(/^Nothing was sent\./);
  });
});
