// A port as the documents describe it.
import type { MetadataNic } from '../metadata/index.ts';
import type { Port } from '../model/index.ts';

export function metadataNic(port: Port): MetadataNic {
  const { binding } = port;
  const networkId =
    binding.kind === 'network' ? binding.network : binding.kind === 'bridge' ? binding.bridge : 'user';
  return { port, networkId, addressing: port.addressing };
}
