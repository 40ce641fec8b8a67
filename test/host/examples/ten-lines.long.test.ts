// README's ten lines with a real Debian, as whoever copies them would have it.
import { testTenLines } from './run-ten-lines.ts';

testTenLines((world) => world.debianImage());
