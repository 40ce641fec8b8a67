import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayAccess, READ, SEARCH, WRITE } from '../../../src/host/access.ts';
import { qemuUser } from '../../../src/host/qemu-user.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
libvirt-qemu:x:64055:107:Libvirt Qemu,,,:/var/lib/libvirt:/usr/sbin/nologin
vm:x:1000:1000::/home/vm:/bin/sh
`;
const group = `root:x:0:
kvm:x:107:vm,other
disk:x:6:vm
libvirt-qemu:x:64055:libvirt-qemu
vm:x:1000:
`;

function userOf(qemuConf: string) {
  return qemuUser({ qemuConf, passwd, group });
}

test("without settings it is the distribution's own user, with the group of its name", () => {
  assert.deepEqual(userOf('#user = "root"\n'), { name: 'libvirt-qemu', uid: 64055, gids: [107, 64055] });
  const fedora = qemuUser({
    qemuConf: '',
    passwd: 'qemu:x:107:107::/:/sbin/nologin\n',
    group: 'kvm:x:36:qemu\n',
  });
  assert.deepEqual(fedora, { name: 'qemu', uid: 107, gids: [107, 36] });
  assert.equal(qemuUser({ qemuConf: '', passwd: 'root:x:0:0::/:/bin/sh\n', group: '' })?.uid, 0);
});

test('settings win: a name, a name with another group, an id', () => {
  assert.deepEqual(userOf('user = "vm"\n')?.gids, [1000, 107, 6]);
  assert.deepEqual(userOf('user = "vm"\n group="libvirt-qemu"\n')?.gids, [1000, 107, 6, 64055]);
  assert.deepEqual(userOf('user = "+1000"\n')?.name, 'vm');
  assert.deepEqual(userOf('user = "+4242"\ngroup = "+77"'), { name: '4242', uid: 4242, gids: [4242, 77] });
  assert.equal(userOf('user = "nobody-knows"\n'), null);
});

test('one class of permission bits counts, the most specific; root may all', () => {
  const who = { name: 'vm', uid: 1000, gids: [1000, 107] };
  const cases: readonly [number, number, number, number, boolean][] = [
    [0o660, 0, 107, READ + WRITE, true],
    [0o640, 0, 107, READ + WRITE, false],
    [0o606, 0, 107, READ, false],
    [0o666, 0, 5, READ + WRITE, true],
    [0o077, 1000, 107, READ, false],
    [0o701, 0, 0, SEARCH, true],
    [0o700, 0, 0, SEARCH, false],
  ];
  for (const [mode, uid, gid, rights, wanted] of cases) {
    assert.equal(mayAccess(who, { mode, uid, gid }, rights), wanted, mode.toString(8));
  }
  assert.equal(mayAccess({ name: 'root', uid: 0, gids: [0] }, { mode: 0, uid: 5, gid: 5 }, READ), true);
});
