import { expect, test } from 'vitest';
import { withLab } from '#tests/support/pve';

test('the tour shows three releases, sixty guests, a lone host and a node that is away', async () => {
  const lab = await withLab();
  const facts = lab.clusters.map(({ id, site }) => ({
    id,
    release: site.cluster.dress.id,
    nodes: [...site.cluster.nodes.values()].map((node) => node.online),
    standalone: site.cluster.standalone,
  }));
  expect(facts).toEqual([
    { id: 'prod-main', release: '9.2', nodes: [true, true, true], standalone: false },
    { id: 'student-lab', release: '8.4', nodes: [true], standalone: true },
    { id: 'hall-c', release: '7.4', nodes: [true, true, false], standalone: false },
  ]);
  const guests = lab.cluster('prod-main').guests();
  expect(guests).toHaveLength(60);
  expect(new Set(guests.map((guest) => guest.kind))).toEqual(new Set(['qemu', 'lxc']));
  expect(guests.some((guest) => guest.template)).toBe(true);
  expect(guests.some((guest) => guest.haState !== undefined)).toBe(true);
  expect(new Set(guests.flatMap((guest) => guest.tags))).toContain('exam');
});

test('the options size every cluster', async () => {
  const lab = await withLab({ clusters: 5, nodes: 2, guests: 1200 });
  expect(new Set(lab.clusters.map(({ id }) => id)).size).toBe(5);
  for (const { site } of lab.clusters) {
    expect([site.cluster.nodes.size, site.cluster.guests.size]).toEqual([2, 1200]);
    expect(site.cluster.standalone).toBe(false);
  }
});

test('one seed gives one lab, whose doors and keys are still its own', async () => {
  const clock = () => Date.UTC(2026, 5, 2, 10);
  const [one, two] = [await withLab({ clock }), await withLab({ clock })];
  const names = (lab: typeof one) =>
    lab
      .cluster('hall-c')
      .guests()
      .map((guest) => guest.name);
  expect(names(one)).toEqual(names(two));
  const [first, second] = [one.cards(), two.cards()];
  expect(first[0]?.user).toEqual(second[0]?.user);
  expect(first[0]?.endpoints[0]?.fingerprint).not.toBe(second[0]?.endpoints[0]?.fingerprint);
});

test('a card has all doors that are open, and exactly one is the default', async () => {
  const lab = await withLab({ clusters: 4 });
  const cards = lab.cards();
  expect(cards.map((card) => card.endpoints.length)).toEqual([3, 1, 2, 3]);
  expect(cards.filter((card) => card.isDefault)).toHaveLength(1);
  expect(cards.every((card) => card.priority >= 0 && card.priority <= 100)).toBe(true);
});
