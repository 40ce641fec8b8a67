// novalet launch IMAGE
import { Option } from 'commander';
import type { ActOptions, Compute, InstanceView, LaunchRequest } from '../../compute/index.ts';
import {
  addPasswordSourceOptions,
  type PasswordSourceOptions,
  readPasswordSource,
} from '../admin-password-source.ts';
import { defined } from '../defined.ts';
import { instanceDocument } from '../documents.ts';
import {
  type AdminPasswordOptions,
  addAdminPasswordOptions,
  readAdminPasswordOptions,
} from '../launch-options/admin-password.ts';
import { type AgentOptions, addAgentOptions, readAgentOptions } from '../launch-options/agent.ts';
import { addCarrierOptions, type CarrierOptions, readCarrierOptions } from '../launch-options/carrier.ts';
import {
  addGuestWishOptions,
  type GuestWishOptions,
  readGuestWishOptions,
  stdinReaders,
} from '../launch-options/guest-wishes.ts';
import {
  addInjectedFileOptions,
  type InjectedFileOptions,
  injectedStdinReaders,
  readInjectedFileOptions,
} from '../launch-options/injected-files.ts';
import { addLinkOptions, type LinkOptions, readLinkOptions } from '../launch-options/links.ts';
import { addMaximaOptions, type MaximaOptions, readMaximaOptions } from '../launch-options/maxima.ts';
import { addNetworkOptions, type NetworkOptions, readNetworkOptions } from '../launch-options/networks.ts';
import { addShareOptions, readShareOptions, type ShareOptions } from '../launch-options/shares.ts';
import { IMAGE } from '../operands.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { readSshKeys } from '../ssh-keys.ts';
import { readUserData } from '../user-data.ts';
import { collect, collectPairs, invalid, parseSeconds } from '../values.ts';
import { parseCondition } from './wait.ts';

interface LaunchOptions
  extends InjectedFileOptions,
    NetworkOptions,
    LinkOptions,
    ShareOptions,
    CarrierOptions,
    GuestWishOptions,
    AdminPasswordOptions,
    PasswordSourceOptions,
    AgentOptions,
    MaximaOptions {
  readonly name?: string;
  readonly flavor?: string;
  readonly userData?: readonly string[];
  readonly validate: boolean;
  readonly sshKey?: readonly string[];
  readonly meta?: Record<string, string>;
  readonly tag?: readonly string[];
  readonly wait: 'running' | 'agent' | 'ip' | 'cloud-init';
  readonly timeout?: number;
  readonly dryRun?: boolean;
  readonly printXml?: boolean;
}

export const launch: Define = (command, session) => {
  command
    .argument('<image>', IMAGE)
    .option('--name <name>', 'name of the instance (default: one is made up)')
    .option('--flavor <flavor>', 'how large it is (default: the configured one, m1.small)')
    .option(
      '--user-data <file>',
      'what cloud-init gets as user data; - reads stdin; several become one document',
      collect,
    )
    .option('--no-validate', 'pass user data on without looking at it')
    .option('--ssh-key <file>', 'public key to log in with; may be given several times', collect);
  addPasswordSourceOptions(command);
  addAdminPasswordOptions(command);
  addGuestWishOptions(command);
  addInjectedFileOptions(command);
  addNetworkOptions(command);
  addLinkOptions(command);
  addShareOptions(command);
  addAgentOptions(command);
  addCarrierOptions(command);
  addMaximaOptions(command);
  command
    .option(
      '--meta <key=value>',
      "entry of the instance's metadata; may be given several times",
      collectPairs('--meta'),
    )
    .option('--tag <tag>', 'word to find and group instances by; may be given several times', collect)
    .addOption(
      new Option('--wait <condition>', 'what to wait for')
        .choices(['running', 'agent', 'ip', 'cloud-init'])
        .default('running'),
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait at most (default: 300)').argParser(parseSeconds),
    )
    .option('--dry-run', 'print what would be done; change nothing')
    .option('--print-xml', "print the domain's XML; change nothing")
    .action(async (image: string, options: LaunchOptions) => {
      const request = await readRequest(session, image, options);
      if (options.dryRun === true || options.printXml === true) await printPlan(session, request, options);
      else await build(session, request, options);
    });
};

async function readRequest(session: Session, image: string, options: LaunchOptions): Promise<LaunchRequest> {
  checkStdin(options);
  const { name, flavor, meta: metadata, tag: tags, validate } = options;
  const userData = options.userData === undefined ? undefined : await readUserData(session, options.userData);
  const sshKeys = options.sshKey === undefined ? undefined : await readSshKeys(options.sshKey);
  const guest = await readGuestWishOptions(session, options);
  const files = await readInjectedFileOptions(session, options);
  const adminPassword = await readPasswordSource(session, options);
  return {
    image,
    validate,
    ...readNetworkOptions(options),
    ...readCarrierOptions(options),
    ...readMaximaOptions(options),
    ...readLinkOptions(options),
    ...readShareOptions(options),
    ...readAgentOptions(options),
    ...readAdminPasswordOptions(options),
    ...guest,
    ...files,
    ...defined({
      name,
      flavor,
      metadata,
      tags,
      userData,
      sshKeys,
      adminPassword,
    }),
  };
}

function checkStdin(options: LaunchOptions): void {
  const [first, second] = [
    ...(options.userData?.includes('-') === true ? ['--user-data -'] : []),
    ...[...stdinReaders(options), ...injectedStdinReaders(options)].map((option) => `${option} …=-`),
    ...(options.passwordStdin === true ? ['--password-stdin'] : []),
  ];
  if (second === undefined) return;
  throw invalid(`${first} and ${second} both want stdin`, 'Give one of them as a file.');
}

async function printPlan(session: Session, request: LaunchRequest, options: LaunchOptions): Promise<void> {
  const plan = await session.preview((preview) => preview.planLaunch(request));
  if (options.printXml === true)
    await session.write(plan.domainXml.endsWith('\n') ? plan.domainXml : `${plan.domainXml}\n`);
  else {
    const { planDocument } = await import('../plan-document.ts');
    await session.print(planDocument(plan));
  }
}

/** Prints the instance also when waiting fails: it exists then, and its password is shown only here. */
async function build(session: Session, request: LaunchRequest, options: LaunchOptions): Promise<void> {
  let view: InstanceView | undefined;
  let isReady = false;
  try {
    await session.act(async (compute, act) => {
      const { id } = await compute.launch(request, act);
      try {
        await waitFor(compute, id, options, act);
        isReady = true;
      } finally {
        view = await compute.show(id);
      }
    });
  } finally {
    if (view !== undefined) {
      const password = options.generatePassword === true ? request.adminPassword?.reveal() : undefined;
      await session.print(instanceDocument(view, password));
      const { name } = view.instance;
      if (!isReady) await session.note(`${name} was launched and stays; novalet delete ${name} removes it`);
    }
  }
}

async function waitFor(compute: Compute, id: string, options: LaunchOptions, act: ActOptions): Promise<void> {
  if (options.wait === 'running') return; // launch resolves when it runs
  await compute.waitFor(id, parseCondition(options.wait), {
    ...act,
    ...defined({ timeoutMs: options.timeout }),
  });
}
