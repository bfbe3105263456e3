// Loaded with `node --import` before the real main bundle: the module `electron` becomes the
// stand-in beside this file, whose TypeScript Node strips itself.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const own = new URL('.', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'electron') return { url: `${own}index.ts`, shortCircuit: true };
    if (specifier.startsWith('.') && context.parentURL?.startsWith(own)) {
      const url = new URL(`${specifier}.ts`, context.parentURL);
      if (existsSync(fileURLToPath(url))) return { url: url.href, shortCircuit: true };
    }
    return next(specifier, context);
  },
});
