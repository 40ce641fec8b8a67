// Chooses a guest's processor. Pure. Rules: nova/virt/libvirt/driver.py, _get_guest_cpu_model_config and
// _get_guest_cpu_config.
import { Fault } from '../base/index.ts';
import { type CpuMode, extraSpecs, type Hardware, type VirtType } from '../model/index.ts';
import type { HardwareRequest } from './choose-hardware.ts';
import { cpuModelHas, cpuModelName, requiredCpuFlags } from './cpu-models.ts';

/** What Zed takes where it emulates another architecture; elsewhere that emulator's own default. */
const EMULATED_MODELS: Readonly<Record<string, string>> = { aarch64: 'cortex-a57', ppc64le: 'POWER8' };

/** Throws `CPU_MODEL_UNSUPPORTED` when no configured model has what the flavor's traits require. */
export function chooseCpu(
  request: HardwareRequest,
  arch: string,
  virtType: VirtType,
): Pick<Hardware, 'cpuMode' | 'cpuModels' | 'cpuExtraFlags'> {
  const { host, wishes, flavor } = request;
  const cpuMode = wishes.cpuMode ?? defaultCpuMode(arch, virtType, request);
  // Quirk: with cpu_mode none the extra flags are dropped.
  const cpuExtraFlags = cpuMode === 'none' ? [] : wishes.cpuExtraFlags;
  const models = configuredModels(request, arch, cpuMode);
  const { requiredTraits } = extraSpecs(flavor.extraSpecs);
  const cpuModels = cpuMode === 'custom' ? fittingModels(models, requiredCpuFlags(requiredTraits)) : models;
  if (arch === host.arch) return { cpuMode, cpuModels, cpuExtraFlags };
  const emulated = EMULATED_MODELS[arch];
  return { cpuMode: 'custom', cpuModels: emulated === undefined ? cpuModels : [emulated], cpuExtraFlags };
}

function configuredModels(
  { host, wishes }: HardwareRequest,
  arch: string,
  cpuMode: CpuMode,
): readonly string[] {
  if (cpuMode === 'none') return [];
  const models = isMapped(host.arch) ? wishes.cpuModels.map(cpuModelName) : wishes.cpuModels;
  return cpuMode === 'custom' && arch === 'aarch64' && models.length === 0 ? ['max'] : models;
}

/** Where Nova looks up libvirt's spelling: libvirt names no models of other hosts. */
function isMapped(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686' || arch.startsWith('ppc');
}

/** The first model that has what is required, so that the record says what was chosen. */
function fittingModels(models: readonly string[], flags: readonly string[]): readonly string[] {
  if (flags.length === 0) return models;
  const fitting = models.find((model) => cpuModelHas(model, flags));
  if (fitting !== undefined) return [fitting];
  throw new Fault(
    'unsupported',
    'CPU_MODEL_UNSUPPORTED',
    `No configured CPU model has what the flavor's traits require: ${flags.join(', ')}`,
    {
      hint: 'Add a model that has it to cpu_models, or take the trait out of the flavor.',
      details: { models: models.join(', '), flags: flags.join(', ') },
    },
  );
}

/**
 * Nova's default is host-model under TCG too, where libvirt then builds the nearest model from QEMU's and the host's
 * features. What TCG can emulate is `maximum`, the same on every host.
 */
function defaultCpuMode(arch: string, virtType: VirtType, { host, wishes }: HardwareRequest): CpuMode {
  if (wishes.options.profile === 'modern' && virtType === 'qemu') {
    return host.cpuModes.length === 0 || host.cpuModes.includes('maximum') ? 'maximum' : 'none';
  }
  return arch === 'aarch64' ? 'host-passthrough' : 'host-model';
}
