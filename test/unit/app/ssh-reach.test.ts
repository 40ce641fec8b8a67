// The gateway's way into guests, over an engine that only tells what it was asked.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EngineReach } from '../../../src/app/ssh-reach.ts';
import { AuditLog } from '../../../src/audit/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { anInstance } from '../store/an-instance.ts';

test('a login forwards as its user of the guest and nobody else, held to its own grants', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-ssh-reach-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const audit = new AuditLog({
    path: join(folder, 'audit.ndjson'),
    ...{ arguments: false, rotateBytes: 1e6, keep: 1 },
  });
  const asked: unknown[] = [];
  const guest = {
    connect: async (...words: unknown[]) => void asked.push(['connect', ...words]),
    listen: async (address: unknown, _hand: unknown, options: unknown) =>
      void asked.push(['listen', address, options]),
  };
  const instance = anInstance();
  const compute: unknown = {
    show: async () => ({ instance }),
    guest: async (
      _id: string,
      { by, isRecorder }: { by: { subject: { name: string } }; isRecorder: boolean },
    ) => {
      asked.push([by.subject.name, isRecorder]);
      return guest;
    },
  };
  const grants = [{ instances: ['*'], privileges: ['forward'], guestUsers: ['app'] }] as const;
  const subjects = [{ name: 'alice', keys: [], grants }];
  const reach = new EngineReach({ compute: compute as Compute, subjects, audit });
  const login = { instance: instance.name, guestUser: 'app' };
  const admission = await reach.authorize('alice', login, 'ssh 192.0.2.1:4000');
  assert.deepEqual(admission.may, { exec: false, filesRead: false, filesWrite: false, forward: true });
  const inside = await reach.open('alice', admission, 'ssh 192.0.2.1:4000');
  await inside.connect({ path: '/run/app.sock' });
  await inside.listen({ host: '127.0.0.1', port: 0 }, () => undefined);
  assert.deepEqual(asked, [
    ['alice', true],
    ['connect', { path: '/run/app.sock' }, { user: 'app' }],
    ['listen', { host: '127.0.0.1', port: 0 }, { user: 'app' }],
  ]);
  const asRoot = reach.authorize('alice', { ...login, guestUser: 'root' }, 'ssh 192.0.2.1:4000');
  await assert.rejects(asRoot, { code: 'SSH_LOGIN_REFUSED' });
});
