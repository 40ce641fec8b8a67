// Puts template-engine.ts in the place of the engine, in this process.
import { registerHooks } from 'node:module';

const ENGINE = new URL('../../../../src/cli/engine.ts', import.meta.url).href;
const OURS = new URL('./template-engine.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    return found.url === ENGINE ? { ...found, url: OURS } : found;
  },
});
