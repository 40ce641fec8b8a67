// Stock clients through `novalet serve --ssh` into real guests without a network: Debian, and a busybox that has neither
// systemd nor sshd nor an sftp-server. One world for all, in order; the last tests stop and reboot guests.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { GuestGateway } from './support/guest-gateway.ts';

const LIMIT = { timeout: 240_000 };
const BOTH = ['deb', 'min'];
/** Of those too that come later, or never. */
const NAMES = [...BOTH, 'mute', 'nowhere'];
const USER: Readonly<Record<string, string>> = { deb: 'debian', min: 'guest' };
let gateway: GuestGateway;
/** A tree with a file of random bytes in it. */
let tree = '';

before(
  async () => {
    gateway = await GuestGateway.make();
    const { world } = gateway;
    await world.minimalImage();
    await world.debianImage();
    const compute = await world.compute();
    await compute.launch({ image: 'debian', name: 'deb', flavor: 'large', network: 'none' });
    await compute.launch({ image: 'minimal', name: 'min', flavor: 'small', network: 'none', tags: ['web'] });
    await gateway.start(NAMES);
    tree = join(gateway.folder, 'tree');
    mkdirSync(join(tree, 'below'), { recursive: true });
    writeFileSync(join(tree, 'below', 'random'), randomBytes(300_000));
    writeFileSync(join(tree, 'spaces and ümlauts'), 'text\n');
    for (const name of BOTH) await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 580_000 });
    await compute.exec('deb', { argv: ['cloud-init', 'status', '--wait'] });
  },
  { timeout: 600_000 },
);
after(async () => await gateway[Symbol.asyncDispose](), LIMIT);

for (const name of BOTH) {
  const host = `admin.${name}`;

  test(`${name}: a command has its streams, its status and the client's language`, LIMIT, async () => {
    const ran = await gateway.run('ssh', ['-o', 'SendEnv=LANG', host, 'cat; echo "$LANG" >&2; exit 7'], {
      input: 'in\n',
    });
    assert.deepEqual(ran, { status: 7, stdout: 'in\n', stderr: 'C.UTF-8\n' });
    const size = await gateway.run('ssh', [host, 'wc -c'], { input: 'x'.repeat(3_000_000) });
    assert.equal(size.stdout.trim(), '3000000');
  });

  test(
    `${name}: a terminal is one, can be resized while it lives, and Ctrl-C interrupts in it`,
    LIMIT,
    async () => {
      const ran = await gateway.run('python3', [
        '-c',
        RESIZE,
        'ssh',
        '-F',
        gateway.config,
        '-tt',
        host,
        SIZES,
      ]);
      assert.equal(ran.status, 42, ran.stdout + ran.stderr);
      assert.match(ran.stdout, /first 24 80.*then 50 132/s);
    },
  );

  test(`${name}: a program ends when the client's reader has gone`, LIMIT, async () => {
    const line = `ssh -F ${gateway.config} ${host} 'exec yes nvt-reader' | head -1`;
    assert.equal((await gateway.run('sh', ['-c', line])).stdout, 'nvt-reader\n');
    const waits = 'while ps ax 2>/dev/null | grep -q "[y]es nvt-reader"; do sleep 0.1; done; echo gone';
    assert.equal((await gateway.ssh(host, waits)).stdout, 'gone\n');
  });

  test(`${name}: a signal ends the program, and a killed client takes its program along`, LIMIT, async () => {
    assert.equal((await gateway.ssh(`audited.${name}`, 'kill -TERM $$')).status, 255);
    const [line] = await gateway.audited({ subject: 'audited', instance: name, target: 'kill' }, 1);
    assert.equal(line?.['signal'], 'SIGTERM');
    const client = gateway.begin('ssh', [host, 'echo up; sleep 4242 & exec sleep 4242']);
    await once(client.stdout ?? client, 'data');
    client.kill('SIGKILL');
    await once(client, 'exit');
    const waits = 'while ps ax 2>/dev/null | grep -q "[s]leep 4242"; do sleep 0.1; done; echo gone';
    assert.equal((await gateway.ssh(host, waits)).stdout, 'gone\n');
  });

  test(`${name}: a login as a user of the guest is that user and no more`, LIMIT, async () => {
    const user = USER[name] ?? '';
    const login = ['-l', `${user}+${name}`, `plain.${name}`];
    const ran = await gateway.run('ssh', [
      ...login,
      'id -un; touch /tmp/mine; ls -l /tmp/mine; cat /etc/shadow; touch /etc/mine; cd; pwd',
    ]);
    assert.match(ran.stdout, new RegExp(`^${user}\\n-rw\\S+ +1 ${user} [\\s\\S]*\\n/home/${user}\\n$`));
    assert.match(ran.stderr, /\/etc\/shadow.*denied.*\/etc\/mine.*denied/s);
    const asRoot = await gateway.ssh(`plain.${name}`, 'id');
    assert.match(asRoot.stderr, /no instance "\w+" that plain may reach/);
    const ghost = await gateway.run('ssh', ['-l', `ghost+${name}`, host, 'id']);
    assert.deepEqual([ghost.status, /no user ghost \[EXEC_USER_UNKNOWN\]/.test(ghost.stderr)], [255, true]);
  });

  test(`${name}: sftp copies trees both ways, and changes modes and names`, LIMIT, async () => {
    const back = join(gateway.folder, `back-${name}`);
    const commands = `mkdir /tmp/t\nput -r ${tree} /tmp/t\nchmod 600 "/tmp/t/tree/spaces and ümlauts"\nrename "/tmp/t/tree/spaces and ümlauts" /tmp/t/tree/other\nget -r /tmp/t/tree ${back}\n`;
    const ran = await gateway.run('sftp', ['-b', '-', host], { input: commands });
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual(readdirSync(back).sort(), ['below', 'other']);
    assert.deepEqual(readFileSync(join(back, 'below/random')), readFileSync(join(tree, 'below/random')));
    assert.match((await gateway.ssh(host, 'ls -l /tmp/t/tree/other')).stdout, /^-rw-------/);
  });

  test(`${name}: who may only read gets files out, none in, and no command`, LIMIT, async () => {
    const reader = `reader.${name}`;
    const got = join(gateway.folder, `passwd-${name}`);
    assert.equal((await gateway.run('scp', [`${reader}:/etc/passwd`, got])).status, 0);
    assert.match(readFileSync(got, 'utf8'), /^root:/);
    const put = await gateway.run('scp', [got, `${reader}:/tmp/never`]);
    assert.deepEqual([put.status, /denied/.test(put.stderr)], [1, true]);
    const ran = await gateway.ssh(reader, 'id');
    assert.deepEqual(
      [ran.status, /does not include exec \[PRIVILEGE_MISSING\]/.test(ran.stderr)],
      [255, true],
    );
  });

  test(`${name}: scp copies, by the old protocol where the guest has scp`, LIMIT, async () => {
    const file = join(tree, 'below/random');
    for (const flags of name === 'deb' ? [[], ['-O']] : [[]]) {
      const back = join(gateway.folder, `scp-${name}`);
      assert.equal((await gateway.run('scp', [...flags, file, `${host}:/tmp/scp`])).status, 0);
      assert.equal((await gateway.run('scp', [...flags, `${host}:/tmp/scp`, back])).status, 0);
      assert.deepEqual(readFileSync(back), readFileSync(file));
    }
  });

  test(`${name}: sshfs mounts a directory of the guest`, LIMIT, async () => {
    const mount = join(gateway.folder, `mount-${name}`);
    mkdirSync(mount);
    const ran = await gateway.run('sshfs', ['-F', gateway.config, `${host}:/tmp`, mount]);
    assert.equal(ran.status, 0, ran.stderr);
    try {
      const bytes = readFileSync(join(tree, 'below/random'));
      writeFileSync(join(mount, 'by-sshfs'), bytes);
      assert.deepEqual(readFileSync(join(mount, 'by-sshfs')), bytes);
      assert.ok(readdirSync(mount).includes('by-sshfs'));
    } finally {
      execFileSync('fusermount3', ['-u', mount]);
    }
  });

  test(
    `${name}: -L, -D and -W reach a server on the guest's loopback, and -R comes back`,
    LIMIT,
    async () => {
      const start = {
        deb: 'cd /etc && nohup python3 -m http.server -b 127.0.0.1 8099',
        min: 'httpd -p 127.0.0.1:8099 -h /etc',
      };
      await gateway.ssh(host, `(${name === 'deb' ? start.deb : start.min}) >/dev/null 2>&1 </dev/null &`);
      const expected = (await gateway.ssh(host, 'cat /etc/passwd')).stdout;
      await using echo = await echoServer();
      const socket = (end: string) => join(gateway.folder, `${end}-${name}`);
      const forwards = ['-L', `${socket('l')}:127.0.0.1:8099`, '-R', `127.0.0.1:7777:127.0.0.1:${echo.port}`];
      const control = ['-o', `ControlPath=${socket('c')}`];
      const port = await freePort();
      const up = ['-o', 'ExitOnForwardFailure=yes', '-D', `127.0.0.1:${port}`, ...forwards, '-MNf'];
      const master = await gateway.run('sh', [
        '-c',
        'exec "$@" >/dev/null 2>&1',
        'sh',
        'ssh',
        '-F',
        gateway.config,
        ...control,
        ...up,
        host,
      ]);
      assert.equal(master.status, 0);
      const retry = ['-s', '--retry', '20', '--retry-all-errors', '--retry-delay', '1'];
      const local = await gateway.run('curl', [
        ...retry,
        '--unix-socket',
        socket('l'),
        'http://guest/passwd',
      ]);
      assert.equal(local.stdout, expected);
      const socks = `socks5h://127.0.0.1:${port}`;
      const dynamic = await gateway.run('curl', ['-s', '-x', socks, 'http://localhost:8099/passwd']);
      assert.equal(dynamic.stdout, expected);
      const stdio = await gateway.run('ssh', ['-W', '127.0.0.1:8099', host], {
        input: 'GET /passwd HTTP/1.0\r\n\r\n',
      });
      assert.ok(stdio.stdout.endsWith(expected));
      const asks =
        name === 'deb'
          ? 'python3 -c \'import socket; s = socket.create_connection(("127.0.0.1", 7777)); s.sendall(b"x"); print(s.recv(99).decode())\''
          : 'echo x | nc 127.0.0.1 7777';
      assert.match((await gateway.ssh(host, asks)).stdout, /hello from the host/);
      await gateway.run('ssh', [...control, '-O', 'exit', host]);
      const refused = await gateway.run('ssh', ['-W', '127.0.0.1:9', host]);
      assert.equal(refused.status, 255);
    },
  );

  test(`${name}: the command line reaches in while sessions are open`, LIMIT, async () => {
    const session = gateway.run('ssh', [host, 'echo up; read word; echo "$word"'], {
      input: 'end\n',
      when: 'up',
    });
    const there = await gateway.world.novalet(['exec', name, '--', 'id', '-un']);
    assert.deepEqual([there.status, there.stdout], [0, 'root\n']);
    assert.equal((await session).stdout, 'up\nend\n');
  });
}

test(
  'rsync makes a tree in the guest like one here, and finds nothing to do the second time',
  LIMIT,
  async () => {
    // the Debian guest has none: the host's own goes in, with its libraries but for the C library
    const libraries =
      execFileSync('ldd', ['/usr/bin/rsync'], { encoding: 'utf8' }).match(/\/lib\/\S+/g) ?? [];
    const pushed = ['/usr/bin/rsync', ...libraries.filter((path) => !path.includes('libc.so'))];
    const lines = pushed.map((path) => `put ${realpathSync(path)} /opt/${path.split('/').at(-1)}`);
    const put = await gateway.run('sftp', ['-b', '-', 'admin.deb'], {
      input: `${lines.join('\n')}\nchmod 755 /opt/rsync\n`,
    });
    assert.equal(put.status, 0, put.stderr);
    const args = ['-ai', '-e', `ssh -F ${gateway.config}`, '--rsync-path=LD_LIBRARY_PATH=/opt /opt/rsync'];
    const first = await gateway.run('rsync', [...args, `${tree}/`, 'admin.deb:/tmp/rsynced/']);
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stdout, /below\/random/);
    const second = await gateway.run('rsync', [...args, `${tree}/`, 'admin.deb:/tmp/rsynced/']);
    assert.deepEqual([second.status, second.stdout], [0, '']);
  },
);

test('Ansible pings, and plays a book that has nothing to do the second time', LIMIT, async () => {
  const [inventory, book] = [join(gateway.folder, 'inventory'), join(gateway.folder, 'book.yml')];
  const common = `ansible_ssh_common_args="-F ${gateway.config}"`;
  writeFileSync(
    inventory,
    `admin.deb ${common} ansible_python_interpreter=/usr/bin/python3\nadmin.min ${common}\n`,
  );
  writeFileSync(
    book,
    '- hosts: admin.deb\n  tasks:\n    - copy: { content: "{{ ansible_distribution }}", dest: /root/copied, mode: "0640" }\n    - command: id -un\n      become: true\n      become_user: debian\n      register: who\n      changed_when: false\n    - assert: { that: who.stdout == "debian" }\n',
  );
  const ping = await gateway.run('ansible', ['-i', inventory, 'admin.deb', '-m', 'ping']);
  assert.match(ping.stdout, /"ping": "pong"/, ping.stderr);
  assert.doesNotMatch(ping.stdout + ping.stderr, /mechanism failed/);
  const raw = await gateway.run('ansible', ['-i', inventory, 'admin.min', '-m', 'raw', '-a', 'id -un']);
  assert.match(raw.stdout, /rc=0 >>\nroot/);
  const first = await gateway.run('ansible-playbook', ['-i', inventory, book]);
  assert.match(first.stdout, /ok=4\s+changed=1\s+unreachable=0\s+failed=0/, first.stdout + first.stderr);
  assert.equal((await gateway.ssh('admin.deb', 'cat /root/copied')).stdout, 'Debian');
  const second = await gateway.run('ansible-playbook', ['-i', inventory, book]);
  assert.match(second.stdout, /ok=4\s+changed=0/);
});

test('a tag lets in where a guest has it, and nowhere else', LIMIT, async () => {
  assert.equal((await gateway.ssh('tagged.min', 'id -un')).stdout, 'root\n');
  const other = await gateway.ssh('tagged.deb', 'id -un');
  assert.deepEqual([other.status, /no instance "deb" that tagged may reach/.test(other.stderr)], [255, true]);
});

test(
  'each reach is one line of the audit, with who, where, what, how it ended and how much went through',
  LIMIT,
  async () => {
    const subject = 'audited';
    await gateway.run('ssh', ['audited.min', 'cat; exit 3 # secret'], { input: '12345' });
    await gateway.run('sftp', ['-b', '-', 'audited.min'], { input: 'ls /tmp\n' });
    await gateway.run('ssh', ['-W', '127.0.0.1:8099', 'audited.min'], { input: 'GET / HTTP/1.0\r\n\r\n' });
    const lines = [
      ...(await gateway.audited({ subject, instance: 'min', target: 'cat' }, 1)),
      ...(await gateway.audited({ subject, what: 'sftp' }, 1)),
      ...(await gateway.audited({ subject, what: 'connect' }, 1)),
    ];
    const told = lines.map(({ what, target, exitCode, via, outcome }) => [
      what,
      target,
      exitCode,
      via,
      outcome,
    ]);
    assert.deepEqual(told, [
      ['exec', 'cat', 3, 'lane', 'ok'],
      ['sftp', null, 0, 'lane', 'ok'],
      ['connect', '127.0.0.1:8099', null, 'lane', 'ok'],
    ]);
    assert.deepEqual([lines[0]?.['bytesIn'], lines[0]?.['bytesOut']], [5, 5]);
    assert.ok(
      lines.every((line) => Number(line['ms']) > 0 && /^ssh 127\.0\.0\.1:\d+$/.test(String(line['origin']))),
    );
    assert.doesNotMatch(JSON.stringify(lines), /secret/);
  },
);

test(
  'an editor’s use works: a script on the standard input of sh, many commands and a proxy over one connection',
  LIMIT,
  async () => {
    const control = ['-o', `ControlPath=${gateway.folder}/editor`];
    await gateway.run('sh', [
      '-c',
      'exec "$@" >/dev/null 2>&1',
      'sh',
      'ssh',
      '-F',
      gateway.config,
      ...control,
      '-MNf',
      'admin.deb',
    ]);
    const script = 'uname -m\nexport X=1\nmkdir -p ~/.server && echo "made $X"\nexit 5\n';
    const installed = await gateway.run('ssh', [...control, '-T', 'admin.deb', 'sh'], { input: script });
    assert.deepEqual([installed.status, installed.stdout], [5, 'x86_64\nmade 1\n']);
    const runs = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        gateway.run('ssh', [...control, 'admin.deb', `echo ${at}; cat`], { input: '.' }),
      ),
    );
    assert.deepEqual(
      runs.map(({ stdout }) => stdout),
      Array.from({ length: 30 }, (_, at) => `${at}\n.`),
    );
    await gateway.run('ssh', [...control, '-O', 'exit', 'admin.deb']);
  },
);

test(
  'a guest that reboots ends its sessions with a word, and the connection reaches it again afterwards',
  LIMIT,
  async () => {
    const control = ['-o', `ControlPath=${gateway.folder}/reboot`];
    await gateway.run('sh', [
      '-c',
      'exec "$@" >/dev/null 2>&1',
      'sh',
      'ssh',
      '-F',
      gateway.config,
      ...control,
      '-MNf',
      'admin.min',
    ]);
    const compute = await gateway.world.compute();
    const client = gateway.begin('ssh', [...control, 'admin.min', 'echo up; sleep 4242']);
    const said = collected(client.stderr);
    const closed = once(client, 'close');
    await once(client.stdout ?? client, 'data');
    await compute.reboot('min');
    assert.equal((await closed)[0], 255);
    assert.match(said(), /\[(GUEST_REBOOTED|LANE_LOST)\]/);
    await compute.waitFor('min', { kind: 'agent' }, { timeoutMs: 90_000 });
    assert.equal((await gateway.run('ssh', [...control, 'admin.min', 'echo back'])).stdout, 'back\n');
    await gateway.run('ssh', [...control, '-O', 'exit', 'admin.min']);
  },
);

test(
  'a gateway that is stopped says so to its clients, kills what they ran, and comes back with the same keys',
  LIMIT,
  async () => {
    const client = gateway.begin('ssh', ['admin.min', 'echo up; exec sleep 4243']);
    const said = collected(client.stderr);
    await once(client.stdout ?? client, 'data');
    const closed = once(client, 'close');
    await gateway.stop();
    await gateway.start(NAMES);
    assert.equal((await closed)[0], 255);
    assert.match(said(), /novalet: the SSH gateway was asked to stop/);
    const waits = 'while ps | grep -q "[s]leep 4243"; do sleep 0.1; done; echo gone';
    assert.equal((await gateway.ssh('admin.min', waits)).stdout, 'gone\n');
  },
);

test(
  'a guest that is stopped, not there or without its agent is said so, with status 255',
  LIMIT,
  async () => {
    const compute = await gateway.world.compute();
    await compute.stop('min', { force: true });
    for (const program of ['ssh', 'sftp', 'scp']) {
      const args = {
        ssh: ['admin.min', 'id'],
        sftp: ['-b', '-', 'admin.min'],
        scp: ['admin.min:/etc/passwd', '/dev/null'],
      };
      const ran = await gateway.run(
        program,
        Object.entries(args).find(([known]) => known === program)?.[1] ?? [],
      );
      assert.deepEqual(
        [ran.status, /while it is stopped \[INSTANCE_STATE_CONFLICT\]/.test(ran.stderr)],
        [255, true],
      );
    }
    const unknown = await gateway.ssh('admin.nowhere', 'id');
    assert.deepEqual(
      [unknown.status, /no instance "nowhere" that admin may reach/.test(unknown.stderr)],
      [255, true],
    );
    const source = join(gateway.folder, 'empty.raw');
    writeFileSync(source, Buffer.alloc(1024 * 1024));
    const properties = { hw_qemu_guest_agent: 'yes' };
    await compute.images.add({ source, name: 'empty', diskFormat: 'raw', properties });
    await compute.launch({ image: 'empty', name: 'mute', flavor: 'small', network: 'none' });
    const mute = await gateway.ssh('admin.mute', 'id'); // it has nothing to boot
    assert.deepEqual([mute.status, /\[AGENT_\w+\]/.test(mute.stderr)], [255, true]);
  },
);

/** What the stream has said until it is asked. */
function collected(stream: Readable | null): () => string {
  const pieces: Buffer[] = [];
  stream?.on('data', (piece: Buffer) => void pieces.push(piece));
  return () => Buffer.concat(pieces).toString();
}

/** A terminal of 24 by 80 that becomes 50 by 132, and types Ctrl-C at last; passes on how the program ended. */
const RESIZE = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
seen, told = b'', set()
while True:
    try: data = os.read(fd, 4096)
    except OSError: break
    if not data: break
    seen += data
    if b'first 24 80' in seen and 1 not in told:
        told.add(1); fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 132, 0, 0))
    if b'then 50 132' in seen and 2 not in told:
        told.add(2); os.write(fd, b'\\x03')
sys.stdout.write(seen.decode('utf8', 'replace')); sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
/** Says the terminal's size, and what it is when it has changed. */
const SIZES = `trap 'exit 42' INT; tty >/dev/null || exit 1; echo first $(stty size)
while [ "$(stty size)" = '24 80' ]; do sleep 0.1; done; echo then $(stty size); while :; do sleep 0.1; done`;

interface Listening extends AsyncDisposable {
  readonly port: number;
}

async function echoServer(): Promise<Listening> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // a caller that leaves first
    socket.once('data', () => socket.end('hello from the host\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  return {
    port: at === null || typeof at === 'string' ? 0 : at.port,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
