export { connectUnix } from './connect-unix.ts';
export { makeDirectory } from './make-directory.ts';
export { ProgramFault, type RunOptions, type RunResult, runProgram } from './run-program.ts';
export { streamProgram } from './stream-program.ts';
export { TalkingProgram, type TalkOptions } from './talk-program.ts';
