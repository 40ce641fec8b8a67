// The network cards of a guest. Pure; see domain-config.ts. Rules: nova/virt/libvirt/vif.py.
import type { InterfaceDevice } from '../libvirt-xml/index.ts';
import type { Port } from '../model/index.ts';
import { acceleration, type DomainInput } from './domain-input.ts';
import type { GuestOptions } from './guest-options.ts';

export function interfaceDevice(port: Port, input: DomainInput, options: GuestOptions): InterfaceDevice {
  const isUser = port.binding.kind === 'user';
  return {
    kind: 'interface',
    source: interfaceSource(port),
    mac: port.mac,
    model: input.hardware.vifModel,
    driver: interfaceDriver(input, options),
    mtu: port.mtu ?? undefined,
    targetDev: isUser ? undefined : port.deviceName,
    bandwidth: isUser ? undefined : options.bandwidth,
  };
}

function interfaceSource({ binding }: Port): InterfaceDevice['source'] {
  switch (binding.kind) {
    case 'network':
      return { type: 'network', network: binding.network };
    case 'bridge':
      return { type: 'bridge', bridge: binding.bridge };
    case 'user':
      return { type: 'user' };
    default:
      return binding satisfies never;
  }
}

function interfaceDriver(input: DomainInput, options: GuestOptions): InterfaceDevice['driver'] {
  const { vifModel, options: recorded } = input.hardware;
  const isVirtio = vifModel === 'virtio';
  // Quirk: Nova (master) asks every card for packed rings, and only virtio's has rings.
  const packed = options.packedRing && (isVirtio || input.settings.isLiteral) ? ('on' as const) : undefined;
  if (!isVirtio) return packed && { packed };
  const rxQueueSize = recorded.rxQueueSize ?? undefined;
  // libvirt would take vhost where /dev/vhost-net exists, with or without KVM.
  if (acceleration(input) === 'qemu') return { name: 'qemu', packed, rxQueueSize };
  const queues = options.multiqueue ? Math.min(input.flavor.vcpus, recorded.maxQueues) : undefined;
  if (queues !== undefined || rxQueueSize !== undefined)
    return { name: 'vhost', packed, queues, rxQueueSize };
  return packed && { packed };
}
