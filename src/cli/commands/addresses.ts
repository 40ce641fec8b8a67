// novalet addresses INSTANCE
import { addressesDocument } from '../documents.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

export const addresses: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const found = await session.act((compute, options) => compute.addresses(ref, options), {
      progress: false,
    });
    await session.print(addressesDocument(found));
  });
};
