// Ansible over the gateway: ping, and a playbook that copies, templates and asserts.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GatewayWorld } from './support/gateway-world.ts';

let world: GatewayWorld;
let inventory: string;
before(async () => {
  world = await GatewayWorld.open();
  inventory = join(world.folder, 'inventory.ini');
  const all = `ansible_ssh_common_args="-F ${world.config}" ansible_python_interpreter=/usr/bin/python3`;
  writeFileSync(
    inventory,
    `[guests]\none ansible_host=all ansible_user=guest-1 ${all}\ntwo ansible_host=all ansible_user=guest-2 ${all}\n`,
  );
});
after(async () => await world[Symbol.asyncDispose]());

test('ansible pings two guests', { timeout: 240_000 }, async () => {
  const ran = await world.run('ansible', ['-i', inventory, 'guests', '-m', 'ping']);
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  assert.equal(ran.stdout.match(/"ping": "pong"/g)?.length, 2);
});

test('a playbook copies, templates and finds nothing to do the second time', {
  timeout: 240_000,
}, async () => {
  const book = join(world.folder, 'book.yml');
  const target = join(world.folder, 'made-{{ inventory_hostname }}');
  writeFileSync(
    book,
    `- hosts: guests\n  gather_facts: true\n  tasks:\n    - copy: { content: "{{ ansible_system }}", dest: "${target}", mode: "0640" }\n    - command: cat ${target}\n      register: said\n      changed_when: false\n    - assert: { that: said.stdout == "Linux" }\n`,
  );
  const first = await world.run('ansible-playbook', ['-i', inventory, book]);
  assert.equal(first.status, 0, first.stdout + first.stderr);
  assert.equal(readFileSync(join(world.folder, 'made-one'), 'utf8'), 'Linux');
  const second = await world.run('ansible-playbook', ['-i', inventory, book]);
  assert.match(second.stdout, /one\s+: ok=4\s+changed=0/);
});
