// README's ten lines with the guest that boots in seconds under the name that they use.
import { testTenLines } from './run-ten-lines.ts';

testTenLines((world) => world.minimalImage('debian'));
