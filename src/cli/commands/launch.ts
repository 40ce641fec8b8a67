// novalet launch IMAGE, and launch --template TEMPLATE [NAME…]
import { Option } from 'commander';
import { addPasswordSourceOptions } from '../admin-password-source.ts';
import type { CliCommand } from '../command-tree.ts';
import { addAdminPasswordOptions } from '../launch-options/admin-password.ts';
import { addAgentOptions } from '../launch-options/agent.ts';
import { addCarrierOptions } from '../launch-options/carrier.ts';
import { addGuestWishOptions } from '../launch-options/guest-wishes.ts';
import { addInjectedFileOptions } from '../launch-options/injected-files.ts';
import { addLinkOptions } from '../launch-options/links.ts';
import { addMaximaOptions } from '../launch-options/maxima.ts';
import { addNetworkOptions } from '../launch-options/networks.ts';
import { addShareOptions } from '../launch-options/shares.ts';
import { IMAGE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { collect, collectPairs, invalid, wholeNumber } from '../values.ts';
import { type ImageLaunchOptions, launchFromImage } from './launch/from-image.ts';
import { launchFromTemplate, type TemplateLaunchOptions } from './launch/from-template.ts';
import { addLaunchWaitOptions } from './launch/waiting.ts';

interface LaunchOptions extends ImageLaunchOptions, TemplateLaunchOptions {
  readonly template?: string;
}

export const launch: Define = (command, session) => {
  command.argument('[image-or-name...]', `${IMAGE}; with --template names of the new instances`);
  addOptions(command);
  command.action(async (operands: readonly string[], options: LaunchOptions) => {
    const { template, count } = options;
    if (template !== undefined) {
      await launchFromTemplate(session, template, { operands, options, command });
      return;
    }
    if (count !== undefined)
      throw invalid('--count belongs to --template', 'novalet template create makes a template of an image.');
    const [image, ...others] = operands;
    if (image === undefined)
      return command.error("missing required argument 'image'", { code: 'commander.missingArgument' });
    if (others.length > 0) return command.error('too many arguments', { code: 'commander.excessArguments' });
    await launchFromImage(session, image, options);
  });
};

function addOptions(command: CliCommand): void {
  command
    .option('--name <name>', 'name of the instance (default: one is made up)')
    .option(
      '--template <template>',
      "go on from a template's memory, in place of booting an image; size, hardware and drives are the template's",
    )
    .addOption(
      new Option(
        '--count <count>',
        'with --template: so many at the same time, called NAME-1, NAME-2 …',
      ).argParser(wholeNumber('--count', 1)),
    )
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
    .option('--tag <tag>', 'word to find and group instances by; may be given several times', collect);
  addLaunchWaitOptions(command);
  command
    .option('--dry-run', 'print what would be done; change nothing')
    .option('--print-xml', "print the domain's XML; change nothing");
}
