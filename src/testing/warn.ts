// What is worth telling whoever runs tests, and no reason for them to fail.

export function warn(text: string): void {
  process.emitWarning(text, 'NovaletTestWarning');
}
