// What a port is on, in a word.
import type { Port } from '../../../model/index.ts';

export function networkOf({ binding }: Port): string {
  switch (binding.kind) {
    case 'network':
      return binding.network;
    case 'bridge':
      return binding.bridge;
    case 'user':
      return 'user';
    default:
      return binding satisfies never;
  }
}
