// Small disks for the tests of offline changes, made without root's mounts: mke2fs fills a filesystem from a folder.
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../../../../src/hostlink/index.ts';

/** A file, or a link where there is a `->`. */
export type Tree = Readonly<Record<string, string | { readonly link: string }>>;

/** What libguestfs takes for a Debian system, with the users root and nvt. */
export const SYSTEM: Tree = {
  'etc/os-release': 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n',
  'etc/debian_version': '12.1\n',
  'etc/fstab': 'LABEL=nvt-root / ext4 defaults 0 1\n',
  'etc/hostname': 'nvt\n',
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nnvt:x:1001:1002::/home/nvt:/bin/sh\nhomeless:x:7:7::/nowhere:/bin/sh\n',
  'etc/shadow': 'root:*:19000:0:99999:7:::\nnvt:!:19000:0:99999:7:::\nhomeless:!:1::::::\n',
  'bin/sh': '',
  'usr/bin/env': '',
  'root/.profile': '',
  'home/nvt/.profile': '',
  'var/lib/dpkg/status': '',
  'boot/config': '',
  'dev/null-here': '',
  'lib/here': '',
  'proc/here': '',
};

export class Scratch implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp('/var/tmp/novalet-test-offline-'));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A raw disk with one ext4 filesystem that holds `tree`, and no partitions. */
  async disk(name: string, tree: Tree): Promise<string> {
    const from = this.path(`${name}.tree`);
    await mkdir(from, { mode: 0o755 });
    for (const [path, content] of Object.entries(tree)) {
      const target = join(from, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      if (typeof content === 'string') await writeFile(target, content, { mode: 0o644 });
      else await symlink(content.link, target);
    }
    if (tree['etc/shadow'] !== undefined && typeof tree['etc/shadow'] === 'string') {
      await chmod(join(from, 'etc/shadow'), 0o640);
    }
    const path = this.path(name);
    await writeFile(path, '');
    await truncate(path, 64 * 1024 * 1024);
    await runProgram('mke2fs', ['-q', '-t', 'ext4', '-L', 'nvt-root', '-d', from, '-F', path]);
    return path;
  }

  /** One raw disk with a partition for each of these. */
  async partitioned(name: string, filesystems: readonly string[]): Promise<string> {
    const path = this.path(name);
    await writeFile(path, '');
    await truncate(path, (filesystems.length * 64 + 2) * 1024 * 1024);
    const script = filesystems.map((_unused, at) => `start=${2048 + at * 131_072}, size=131072, type=83\n`);
    await runProgram('sfdisk', ['--quiet', path], { stdin: `label: dos\n${script.join('')}` });
    for (const [at, filesystem] of filesystems.entries()) {
      const words = [`if=${filesystem}`, `of=${path}`, 'bs=1M', `seek=${1 + at * 64}`, 'conv=notrunc,sparse'];
      await runProgram('dd', words);
    }
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What debugfs prints: reading without mounting, on the disk's one filesystem. */
export async function debugfs(disk: string, request: string): Promise<string> {
  const { stdout } = await runProgram('debugfs', ['-R', request, disk]);
  return stdout;
}
