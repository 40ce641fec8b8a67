// Templates as the library has them, over an engine that only tells what it was asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstanceHandle, Novalet } from '../../../src/app/index.ts';
import { Fault, Secret } from '../../../src/base/index.ts';
import type {
  ActOptions,
  Compute,
  TemplateCreateRequest,
  TemplateLaunchRequest,
} from '../../../src/compute/index.ts';

interface Call {
  readonly ref: string;
  readonly request: unknown;
  readonly options: ActOptions | undefined;
}

function hostWith(why: Fault | null) {
  const calls: Call[] = [];
  const deleted: string[] = [];
  const compute: unknown = {
    delete: async (id: string) => deleted.push(id),
    templates: {
      create: async (request: TemplateCreateRequest, options?: ActOptions) => {
        calls.push({ ref: request.name, request, options });
      },
      launch: async (ref: string, request?: TemplateLaunchRequest, options?: ActOptions) => {
        calls.push({ ref, request, options });
        return { instance: { id: 'i', name: 'web' }, way: why === null ? 'memory' : 'cold', why };
      },
    },
  };
  return { host: new Novalet(compute as Compute), calls, deleted };
}

test('an instance from a template is a handle that knows how it came to be, and goes with its block', async () => {
  const { host, calls, deleted } = hostWith(null);
  {
    await using vm = await host.templates.launch('ci');
    assert.ok(vm instanceof InstanceHandle);
    assert.deepEqual([vm.id, vm.name, vm.way, vm.why], ['i', 'web', 'memory', null]);
  }
  assert.deepEqual(deleted, ['i']);
  assert.deepEqual(calls, [{ ref: 'ci', request: {}, options: { signal: undefined } }]);
});

test('what made it boot is with the handle', async () => {
  const why = new Fault('corrupt', 'TEMPLATE_MEMORY_UNREADABLE', 'It is short');
  const vm = await hostWith(why).host.templates.launch('ci');
  assert.deepEqual([vm.way, vm.why], ['cold', why]);
});

test('what people write of a launch becomes what the engine takes, and what acts take goes beside it', async () => {
  const { host, calls } = hostWith(null);
  const { signal } = new AbortController();
  const onProgress = () => undefined;
  const told = { userData: '#!/bin/sh', sshKeys: ['ssh-ed25519 AAAA a'], adminPassword: 'geheim' };
  const guest = { user: 'bob', writeFiles: [{ path: '/a', content: 'b' }] };
  await host.templates.launch('ci', { name: 'web', ...told, guest, signal, onProgress });
  await host.templates.create({ name: 'ci', image: 'debian', flavor: 'm1.tiny', ...told, guest, signal });
  const request = {
    userData: Buffer.from('#!/bin/sh'),
    sshKeys: [{ name: 'key0', publicKey: 'ssh-ed25519 AAAA a' }],
    guest: { user: 'bob', writeFiles: [{ path: '/a', content: Buffer.from('b') }] },
  };
  const passwords = calls.map(passwordOf);
  assert.deepEqual(passwords, ['geheim', 'geheim']);
  assert.deepEqual(
    calls.map(({ request: asked, options }) => ({
      asked: { ...Object(asked), adminPassword: null },
      options,
    })),
    [
      { asked: { name: 'web', ...request, adminPassword: null }, options: { signal, onProgress } },
      {
        asked: { name: 'ci', image: 'debian', flavor: 'm1.tiny', ...request, adminPassword: null },
        options: { signal },
      },
    ],
  );
});

function passwordOf({ request }: Call): string | undefined {
  if (typeof request !== 'object' || request === null || !('adminPassword' in request)) return undefined;
  const { adminPassword } = request;
  return adminPassword instanceof Secret ? adminPassword.reveal() : undefined;
}
