export * from './access';
export * from './configuration';
export * from './drafts';
export * from './metrics';
export * from './records';
export * from './sync';
export * from './vault';
