import type { FeatureName } from '#shared/contract/connection';

interface FeatureWords {
  name: string;
  /** what it allows, in a sentence */
  sentence: string;
}

export const FEATURE_WORDS: Record<FeatureName, FeatureWords> = {
  watch: { name: 'Watch', sentence: 'See nodes, guests, storages and tasks.' },
  power: { name: 'Power', sentence: 'Start, shut down, stop and reboot guests.' },
  deploy: { name: 'Deploy', sentence: 'Make guests from templates.' },
  templates: { name: 'Templates', sentence: 'Read and copy templates.' },
  isos: { name: 'ISO images', sentence: 'Read and copy ISO images.' },
  'idle shutdown': { name: 'Idle shutdown', sentence: 'Shut down guests that idle.' },
};
