// The script that gives a card its addresses, in a made-up guest whose systemd-networkd is there, on its way, or off.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { INSIDE_SCRIPT } from '../../../src/compute/interfaces/inside-script.ts';
import { FakeRoot } from '../guest/renewal/fake-root.ts';

const MAC = 'fa:16:3e:00:00:05';

/** `isActive`, `job`: what systemctl says of networkd until it is started. */
async function configure(isActive: boolean, job: string) {
  using root = new FakeRoot(['dash']);
  const address = 'echo "2: eth0 inet 192.0.2.5/24 scope global eth0"';
  root.put({ '/sys/class/net/eth0/address': `${MAC}\n` });
  mkdirSync(join(root.folder, 'sys/class/net/eth0/device'));
  root.standIn('sleep', 'exit 0');
  root.standIn('udevadm', 'exit 0');
  root.standIn('networkctl', 'true >/configured');
  root.standIn(
    'ip',
    `case $* in "addr add"*) true >/configured ;; *addr*) if [ -e /configured ]; then ${address}; fi ;; esac`,
  );
  for (const name of ['nmcli', 'ifquery', 'dhclient']) root.standIn(name, 'exit 1');
  const active = isActive ? 'exit 0' : '[ -e /started ]';
  root.standIn(
    'systemctl',
    `case $1 in show) echo "Job=${job}" ;; start) true >/started ;; is-active) ${active} ;; esac`,
  );
  const words = ['novalet-interface', MAC, '5', '5', '[Match]', 'address=192.0.2.5/24', '--'];
  const { exitCode, stdout } = await root.exec(['/bin/sh', '-c', INSIDE_SCRIPT, ...words]);
  assert.equal(exitCode, 0);
  const by = /^by (.*)$/m.exec(stdout.toString())?.[1];
  return { by, started: root.calls().filter((call) => call.startsWith('systemctl start')) };
}

test('where it runs, it is asked at once', async () => {
  assert.deepEqual(await configure(true, ''), { by: 'systemd-networkd', started: [] });
});

test('where it is being started, as in a copy that was just renewed, that is waited for', async () => {
  const started = ['systemctl start systemd-networkd'];
  assert.deepEqual(await configure(false, '1234'), { by: 'systemd-networkd', started });
});

test('where it is off, it stays off', async () => {
  const { by, started } = await configure(false, '');
  assert.deepEqual(started, []);
  assert.equal(by, 'ip');
});
