import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newKey, seal, secretContext, unseal } from '#electron/core/vault/seal';

const bytes = fc.uint8Array({ maxLength: 300 });

test('what is sealed opens with the same key and context, and with no other', () => {
  fc.assert(
    fc.property(bytes, fc.string(), fc.string(), (plain, context, other) => {
      const key = newKey();
      const sealed = seal(key, plain, context);
      expect(unseal(key, sealed, context)).toEqual(Buffer.from(plain));
      expect(unseal(newKey(), sealed, context)).toBeNull();
      expect(unseal(key, sealed, other) === null).toBe(other !== context);
    }),
  );
});

test('any changed or missing byte is noticed', () => {
  fc.assert(
    fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, place, flip) => {
      const key = newKey();
      const sealed = seal(key, plain, 'context');
      const damaged = Buffer.from(sealed);
      const at = place % sealed.length;
      damaged[at] = (sealed[at] ?? 0) ^ flip;
      expect(unseal(key, damaged, 'context')).toBeNull();
      expect(unseal(key, sealed.subarray(0, at), 'context')).toBeNull();
    }),
  );
});

test('the same secret never seals to the same bytes, nor shows in them', () => {
  const key = newKey();
  const plain = Buffer.from('a password of some length');
  const first = seal(key, plain, 'x');
  expect(first).not.toEqual(seal(key, plain, 'x'));
  expect(first.includes(plain)).toBe(false);
});

test('cluster, field and version are each part of the seal', () => {
  const contexts = [
    secretContext('a', 'secret', 1),
    secretContext('b', 'secret', 1),
    secretContext('a', 'other', 1),
    secretContext('a', 'secret', 2),
  ];
  expect(new Set(contexts).size).toBe(contexts.length);
});
