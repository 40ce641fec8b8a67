// A plain user of this host: made for one test file, with folders of its own, a copy of novalet that it may read (the
// checkout may lie where it may not), and whatever daemons libvirt starts for it. All of it is removed at the end;
// what a killed run left is found by the prefix `nvt-` (scripts/test-clean).
import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, cp, mkdir, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type CommandOptions, type CommandResult, runCommand } from '../support/run-command.ts';
import { PACKAGE } from '../support/world.ts';

const IMAGES = join(process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test', 'minimal');

/** Each is private to the user. Short: libvirt makes sockets deep below the configuration's (doctor, `socket-path`). */
const FOLDERS = {
  HOME: 'h',
  XDG_CONFIG_HOME: 'config',
  XDG_DATA_HOME: 'data',
  XDG_CACHE_HOME: 'cache',
  XDG_RUNTIME_DIR: 'run',
} as const;

export interface UserCommandOptions extends Omit<CommandOptions, 'env' | 'cwd'> {
  /** Beside the usual ones; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export class PlainUser implements AsyncDisposable {
  readonly name: string;
  readonly uid: number;
  /** Root's, and open for reading: the user's folders and the copy of novalet are in it. */
  readonly directory: string;

  private constructor(name: string, uid: number, directory: string) {
    this.name = name;
    this.uid = uid;
    this.directory = directory;
  }

  static async make(): Promise<PlainUser> {
    const name = `nvt-${randomBytes(3).toString('hex').slice(1)}`;
    const directory = join('/var/tmp', name);
    try {
      const groups = process.env['NOVALET_TEST_VIRT_TYPE'] === 'kvm' ? ['--groups', 'kvm'] : [];
      const home = ['--no-create-home', '--home-dir', join(directory, FOLDERS.HOME), '--shell', '/bin/sh'];
      await runProgram('useradd', ['--user-group', ...groups, ...home, name]);
      await mkdir(directory);
      await chmod(directory, 0o755); // whatever the umask is
      const ids = await runProgram('id', ['-u', name]);
      const user = new PlainUser(name, Number(ids.stdout), directory);
      for (const folder of Object.values(FOLDERS)) {
        const path = join(directory, folder);
        await mkdir(path, { mode: 0o700 });
        await chown(path, user.uid, user.uid);
      }
      await copyPackage(join(directory, 'novalet'));
      return user;
    } catch (error) {
      await clean(name);
      throw error;
    }
  }

  folder(variable: keyof typeof FOLDERS): string {
    return join(this.directory, FOLDERS[variable]);
  }

  /** Runs a program as this user, as after a login: nothing of this process's environment comes along. */
  async run(
    program: string,
    args: readonly string[],
    options: UserCommandOptions = {},
  ): Promise<CommandResult> {
    const { env: more = {}, ...rest } = options;
    const names = Object.keys(FOLDERS) as (keyof typeof FOLDERS)[];
    const folders = names.map((variable) => [variable, this.folder(variable)] as const);
    const all = { PATH: '/usr/bin:/bin', USER: this.name, ...Object.fromEntries(folders), ...more };
    const env = Object.fromEntries(
      Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    const become = ['--reuid', this.name, '--regid', this.name, '--init-groups', '--', program];
    return await runCommand('setpriv', [...become, ...args], { ...rest, env, cwd: this.folder('HOME') });
  }

  /** Writes a file as this user, making its folder. */
  async writes(path: string, text: string): Promise<void> {
    const script = 'mkdir -p "$(dirname "$1")" && cat >"$1"';
    const { status, stderr } = await this.run('sh', ['-c', script, 'sh', path], { stdin: text });
    if (status !== 0) throw new Error(`${this.name} cannot write ${path}: ${stderr}`);
  }

  /** Runs the command line as this user. */
  async novalet(args: readonly string[], options: UserCommandOptions = {}): Promise<CommandResult> {
    const env = { NOVALET_NODE: join(this.directory, 'novalet', 'node'), ...options.env };
    return await this.run(join(this.directory, 'novalet', 'scripts', 'novalet'), args, { ...options, env });
  }

  /** The same, and it must succeed. Gives what it printed. */
  async does(args: readonly string[], options: UserCommandOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.novalet(args, options);
    if (status !== 0) throw new Error(`novalet ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** Adds the guest that boots in about five seconds, as the image `minimal`. */
  async addMinimalImage(options: UserCommandOptions = {}): Promise<void> {
    const folder = join(this.directory, 'images');
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755); // whatever the umask is
    for (const file of ['kernel', 'initrd', 'disk.raw']) {
      await copyFile(join(IMAGES, file), join(folder, file));
      await chmod(join(folder, file), 0o644);
    }
    const add = async (file: string, name: string, format: string, ...more: readonly string[]) =>
      await this.does(
        ['image', 'add', join(folder, file), '--name', name, '--disk-format', format, '-q', ...more],
        options,
      );
    await add('kernel', 'kernel', 'aki');
    await add('initrd', 'ramdisk', 'ari');
    const parts = ['--property', 'kernel_id=kernel', '--property', 'ramdisk_id=ramdisk'];
    await add('disk.raw', 'minimal', 'raw', ...parts);
  }

  /** The programs that run as this user, by the names of their files; one that ends meanwhile is left out. */
  async programs(): Promise<readonly string[]> {
    const processes = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
    const names = await Promise.all(
      processes.map(async (pid) => {
        try {
          const { uid } = await stat(join('/proc', pid));
          return uid === this.uid
            ? [(await readlink(join('/proc', pid, 'exe'))).split('/').at(-1) ?? '']
            : [];
        } catch (error) {
          if (['ENOENT', 'ESRCH'].includes(errnoCode(error) ?? '')) return [];
          throw error;
        }
      }),
    );
    return names.flat().sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await clean(this.name);
  }
}

async function clean(name: string): Promise<void> {
  await runProgram(join(PACKAGE, 'scripts', 'test-clean'), [name], { timeoutMs: 60_000 });
}

/** What an installation has: sources, addon, the packages that are needed to run, and this Node. Readable by all. */
async function copyPackage(target: string): Promise<void> {
  const parts = [
    'package.json',
    'src',
    'templates',
    'scripts/novalet',
    'scripts/stages.sh',
    'native/build/novalet.node',
  ];
  for (const part of [...parts, ...(await runtimePackages())]) {
    await mkdir(dirname(join(target, part)), { recursive: true });
    await cp(join(PACKAGE, part), join(target, part), { recursive: true, dereference: true });
  }
  await copyFile(process.execPath, join(target, 'node'));
  await runProgram('chmod', ['-R', 'u=rwX,go=rX', target]);
}

/** Directories of packages that are not for development alone, by the lock file. */
async function runtimePackages(): Promise<readonly string[]> {
  const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(
    await readFile(join(PACKAGE, 'package-lock.json'), 'utf8'),
  );
  return Object.entries(lock.packages).flatMap(([path, { dev }]) =>
    /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true ? [path] : [],
  );
}
