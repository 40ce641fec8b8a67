// novalet adopt DOMAIN
import type { AdoptRequest, InstanceView } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { instanceDocument } from '../documents.ts';
import type { Define } from '../registry.ts';
import { collect } from '../values.ts';

interface AdoptOptions {
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly addChannel?: boolean;
}

export const adopt: Define = (command, session) => {
  command
    .description(
      "Take a domain that libvirt has, running or off, under management. It is started from its own definition, which stays as it is; novalet's mark in its metadata is all that is added.",
    )
    .argument('<domain>', "libvirt's name of the domain, or its UUID")
    .option('--name <name>', "name of the instance (default: the one in Nova's metadata, else the domain's)")
    .option('--tag <tag>', 'word to find and group instances by; may be given several times', collect)
    .option(
      '--add-channel',
      'add ports for the agent and for a lane where there are none, also to an instance that is adopted already',
    )
    .action(async (domain: string, { name, tag: tags, addChannel }: AdoptOptions) => {
      const request: AdoptRequest = { domain, ...defined({ name, tags, addChannel }) };
      const view = await session.act(async (compute, options) => {
        const { id } = await compute.adopt(request, options);
        return await compute.show(id);
      });
      await session.print(instanceDocument(view));
      for (const note of lacks(view)) await session.note(note);
    });
};

/** What does not work with this domain as it is, each with its cure. */
function lacks({ instance, powerState, agent }: InstanceView): readonly string[] {
  const { adoption, domainName, name, hardware } = instance;
  const { guestAgent, lane } = hardware.options;
  const add = `novalet adopt ${domainName} --add-channel`;
  const notes: string[] = [];
  if (!guestAgent) {
    notes.push(
      `The domain has no channel for an agent: exec, cp, passwd, guest and what else reaches inside do not work. To add one: ${add}`,
    );
  } else if (!lane) {
    notes.push(
      `The domain has no port for a lane: the agent alone is asked, and terminals and forwards are not to be had. To add one: ${add}`,
    );
  }
  if (guestAgent && agent === 'absent' && powerState !== 'SHUTDOWN') {
    notes.push(
      `The guest that runs has no channel yet; it gets it when it is off and on: novalet reboot ${name} --hard`,
    );
  }
  if (adoption !== null && adoption.consoleLog === null) {
    notes.push('Its serial console is written to no file: novalet console has nothing to show.');
  }
  return notes;
}
