// Texts that YAML, a shell or MIME could take for something else.
import fc from 'fast-check';

/** Never empty, and without NUL, which no command has. */
export function oddText(): fc.Arbitrary<string> {
  const odd = fc.constantFrom(
    'yes',
    'off',
    '~',
    'null',
    '1e3',
    '0o7',
    '12:30:45',
    '2001-01-01',
    '=',
    '<<',
    '- a',
    '# c',
    'a: b',
    '"',
    "'",
    '\\',
    '---\nusers: []',
    '\n- x',
    '|',
    '>',
    '%YAML 1.1',
    '{{ a }}',
    '!!python/object',
    '&a',
    '*a',
    '\u2028',
    '\ufeff',
    '\u0085',
    '\u007f',
    'MIME-Version: 1.0',
    ' ',
    '\t',
    '\r\n',
    '🙂',
  );
  return fc
    .array(fc.oneof(odd, fc.string({ unit: 'binary' }), fc.string()), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(''))
    .filter((command) => command.trim() !== '' && !command.includes('\0'));
}
