// Loaded into the program before it begins: it gets SIGINT when it has written so many lines of progress, at that very
// moment, however busy the host is. Environment: NVT_INTERRUPT_AT, the number of lines.
const wanted = Number(process.env['NVT_INTERRUPT_AT']);
const { stderr } = process;
const { write } = stderr;
let lines = 0;

Reflect.set(stderr, 'write', (...words: readonly unknown[]) => {
  const isWritten = Reflect.apply(write, stderr, words);
  if (lines >= wanted) return isWritten;
  lines += String(words[0])
    .split('\n')
    .filter((line) => line.startsWith('[')).length;
  if (lines >= wanted) process.kill(process.pid, 'SIGINT');
  return isWritten;
});
