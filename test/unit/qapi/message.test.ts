import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeMessage, encodeRequest } from '../../../src/qapi/index.ts';

test('a return, an error and an event are told apart', () => {
  assert.deepEqual(decodeMessage('{"return": {"pid": 7}, "id": 3}'), {
    kind: 'return',
    id: 3,
    value: { pid: 7 },
  });
  assert.deepEqual(decodeMessage('{"error": {"class": "GenericError", "desc": "no"}}'), {
    kind: 'error',
    id: undefined,
    class: 'GenericError',
    desc: 'no',
  });
  assert.deepEqual(decodeMessage('{"event": "RESET", "data": {}}'), {
    kind: 'event',
    name: 'RESET',
    data: {},
  });
});

test('what is no message says why', () => {
  const why = (text: string) => {
    const message = decodeMessage(text);
    return message.kind === 'invalid' ? message.why : message.kind;
  };
  assert.match(why('nonsense'), /not JSON/);
  assert.match(why('[1]'), /not an object/);
  assert.match(why('null'), /not an object/);
  assert.match(why('{}'), /neither/);
  assert.match(why('{"error": {"class": 1, "desc": ""}}'), /error\.class/);
  assert.match(why('{"error": "boom"}'), /neither/);
});

test('deep nesting is refused before it is parsed, and brackets in strings do not count', () => {
  const deep = `{"return": ${'['.repeat(1_000_000)}`;
  assert.equal(decodeMessage(deep).kind, 'invalid');
  const brackets = JSON.stringify({ return: `${'['.repeat(500)}\\"${'{'.repeat(500)}` });
  assert.equal(decodeMessage(brackets).kind, 'return');
});

test('members of the prototype are no members', () => {
  assert.equal(decodeMessage('{"__proto__": {"return": 1}}').kind, 'invalid');
});

test('any value travels unchanged, and no bytes make the decoder throw', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(), (value, id) => {
      const line = JSON.stringify({ return: value, id });
      assert.deepEqual(decodeMessage(line), { kind: 'return', id, value: JSON.parse(JSON.stringify(value)) });
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeMessage(Buffer.from(bytes))),
  );
});

test('a request without arguments and id has neither member', () => {
  assert.equal(encodeRequest('guest-ping', undefined), '{"execute":"guest-ping"}');
});
