// novalet rescue INSTANCE
import {
  addPasswordSourceOptions,
  type PasswordSourceOptions,
  readPasswordSource,
} from '../admin-password-source.ts';
import { defined } from '../defined.ts';
import { instanceDocument } from '../documents.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

interface RescueOptions extends PasswordSourceOptions {
  readonly image?: string;
}

export const rescue: Define = (command, session) => {
  command
    .description("Boot another system beside an instance's own disks, to repair them. Its keys are let in.")
    .argument('<instance>', INSTANCE)
    .option('--image <image>', 'what to boot (default: rescue_image of the configuration, or its own image)');
  addPasswordSourceOptions(command).action(async (ref: string, options: RescueOptions) => {
    const adminPassword = await readPasswordSource(session, options);
    const request = defined({ image: options.image, adminPassword });
    const view = await session.act(async (compute, act) => {
      const { id } = await compute.rescue(ref, request, act);
      return await compute.show(id);
    });
    await session.note(`${view.instance.name} is rescued; novalet unrescue ${view.instance.name} ends it`);
    const shown = options.generatePassword === true ? adminPassword?.reveal() : undefined;
    await session.print(instanceDocument(view, shown));
  });
};
