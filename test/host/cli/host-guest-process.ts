// The process `novalet` as it is, with this host in the place of every guest: arguments as a person types them.
import { registerHooks } from 'node:module';

const ENGINE = new URL('../../../src/cli/engine.ts', import.meta.url).href;
const OURS = new URL('./host-engine.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    return found.url === ENGINE ? { ...found, url: OURS } : found;
  },
});

await import('../../../src/cli/main.ts');
