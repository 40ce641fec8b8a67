// novalet template create IMAGE|INSTANCE --name TEMPLATE
import { Option } from 'commander';
import type { TemplateCreateRequest } from '../../../compute/index.ts';
import { defined } from '../../defined.ts';
import { type AgentOptions, addAgentOptions, readAgentOptions } from '../../launch-options/agent.ts';
import { givenBesides } from '../../launch-options/given.ts';
import {
  addGuestWishOptions,
  type GuestWishOptions,
  readGuestWishOptions,
} from '../../launch-options/guest-wishes.ts';
import { addMaximaOptions, type MaximaOptions, readMaximaOptions } from '../../launch-options/maxima.ts';
import { addNetworkOptions, type NetworkOptions, readNetworkOptions } from '../../launch-options/networks.ts';
import { checkStdin } from '../../launch-options/told.ts';
import type { Define } from '../../registry.ts';
import type { Session } from '../../session.ts';
import { readUserData } from '../../user-data.ts';
import { collect, invalid, parseSeconds } from '../../values.ts';
import { templateDocument } from './document.ts';
import { templateSource } from './source.ts';

interface CreateOptions extends GuestWishOptions, NetworkOptions, AgentOptions, MaximaOptions {
  readonly name: string;
  readonly flavor?: string;
  readonly userData?: readonly string[];
  readonly validate: boolean;
  readonly timeout?: number;
}

/** The options that fit an instance, whose disks and size are there already, by the names of their values. */
const OF_INSTANCES: ReadonlySet<string> = new Set(['name', 'timeout']);

export const createTemplate: Define = (command, session) => {
  command
    .argument(
      '<image-or-instance>',
      'name or id of an image, else of an instance; where both have the name, the image (give the id of the instance)',
    )
    .requiredOption('--name <name>', 'name of the template')
    .option('--flavor <flavor>', 'how large it is (default: the configured one, m1.small)')
    .option(
      '--user-data <file>',
      'what cloud-init gets as user data; - reads stdin; several become one document',
      collect,
    )
    .option('--no-validate', 'pass user data on without looking at it');
  addGuestWishOptions(command);
  addNetworkOptions(command, 'none');
  addAgentOptions(command);
  addMaximaOptions(command);
  command
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long the guest may take until it is ready (default: 600)',
      ).argParser(parseSeconds),
    )
    .action(async (ref: string, options: CreateOptions) => {
      const misplaced = givenBesides(command, OF_INSTANCES);
      const request = await readRequest(session, options);
      const view = await session.act(async (compute, act) => {
        const source = await templateSource(compute, ref);
        if ('instance' in source) refuseMisplaced(ref, misplaced);
        return await compute.templates.create({ ...request, ...source }, act);
      });
      await session.print(templateDocument(view));
    });
};

async function readRequest(session: Session, options: CreateOptions): Promise<TemplateCreateRequest> {
  checkStdin(options);
  const { name, flavor, validate, timeout: readyTimeoutMs } = options;
  const userData = options.userData === undefined ? undefined : await readUserData(session, options.userData);
  const guest = await readGuestWishOptions(session, options);
  return {
    name,
    validate,
    ...guest,
    ...readNetworkOptions(options),
    ...readAgentOptions(options),
    ...readMaximaOptions(options),
    ...defined({ flavor, userData, readyTimeoutMs }),
  };
}

function refuseMisplaced(ref: string, flags: readonly string[]): void {
  if (flags.length === 0) return;
  throw invalid(
    `${flags.join(', ')} ${flags.length === 1 ? 'means' : 'mean'} nothing for a template of instance ${ref}`,
    'Its size, its disks and what it was told are its own: leave it out, or make the template of an image.',
  );
}
