import { expect, test } from 'vitest';
import { classify } from '#agent/operations/merge/split/classify';

const OWN = {
  uuid: '11111111-0000-4000-8000-000000000001',
  founding: 'f0f0f0f0-0000-4000-8000-000000000001',
};
const OTHER = '22222222-0000-4000-8000-000000000002';
const said = (uuid: string, founding = OWN.founding) => ({
  cluster: { uuid, name: 'lab' },
  founding,
});

test.each([
  { what: 'a member', answer: said(OWN.uuid), isProved: true, isMember: true, kind: undefined },
  {
    what: 'a lost part',
    answer: said(OWN.uuid),
    isProved: true,
    isMember: false,
    kind: 'partition',
  },
  {
    what: 'a second founding',
    answer: said(OWN.uuid, OTHER),
    isProved: true,
    isMember: false,
    kind: 'partition',
  },
  { what: 'a liar', answer: said(OWN.uuid), isProved: false, isMember: false, kind: 'impostor' },
  {
    what: 'a liar of another founding',
    answer: said(OWN.uuid, OTHER),
    isProved: false,
    isMember: false,
    kind: 'impostor',
  },
  {
    what: 'another cluster',
    answer: said(OTHER),
    isProved: false,
    isMember: false,
    kind: 'foreign',
  },
])('$what is $kind', ({ answer, isProved, isMember, kind }) => {
  const verdict = classify(OWN, { answer, isProved, isMember });
  expect(verdict?.kind).toBe(kind);
  expect(verdict === null || verdict.remedy.length > 20).toBe(true);
});

test('only another cluster is ever spoken of as one to merge with', () => {
  const remedies = [said(OWN.uuid), said(OWN.uuid, OTHER)].map(
    (answer) => classify(OWN, { answer, isProved: true, isMember: false })?.remedy ?? '',
  );
  expect(remedies.join(' ')).not.toMatch(/merge/);
});
