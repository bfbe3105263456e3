export type Strength = 'short' | 'weak' | 'fair' | 'strong';

interface StrengthHint {
  strength: Strength;
  hint: string;
}

/**
 * A rough judgement of a passphrase by length and variety, enough to steer people towards several
 * words. Not a promise: who guesses it has the vault file and all the time in the world.
 */
export function passphraseStrength(text: string, atLeast = 8): StrengthHint {
  if (text.length < atLeast) {
    return { strength: 'short', hint: `At least ${atLeast} characters.` };
  }
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((set) => set.test(text)).length;
  const distinct = new Set(text).size;
  const score = Math.min(text.length, distinct * 2) + classes * 2;
  if (score < 18)
    return { strength: 'weak', hint: 'Weak. Four or five unrelated words are better.' };
  if (score < 26) return { strength: 'fair', hint: 'Fair. One more word makes it strong.' };
  return { strength: 'strong', hint: 'Strong.' };
}
